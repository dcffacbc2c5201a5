/**
 * Proves that every page has one title and that every link inside the repository leads somewhere, headings included.
 */

import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { exists, listFiles, read } from './repository.ts';

/** Pages without code blocks and inline code, in which `#` and `[]()` mean something else. */
function prose(text: string): string {
  return text
    .replace(/^(```|~~~)[\s\S]*?^\1[^\n]*$/gm, '')
    .replace(/`[^`\n]*`/g, (code) => 'x'.repeat(code.length));
}

function headings(text: string): { level: number; title: string }[] {
  const withoutBlocks = text.replace(/^(```|~~~)[\s\S]*?^\1[^\n]*$/gm, '');
  return Array.from(withoutBlocks.matchAll(/^(#{1,6}) +(.+?) *$/gm), ([, marks = '', title = '']) => ({
    level: marks.length,
    title,
  }));
}

/** The fragment that a heading is reached by, as forges and editors make it. */
function fragment(title: string): string {
  return title
    .toLowerCase()
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}

function brokenLinks(path: string, text: string): string[] {
  const broken: string[] = [];
  for (const [, target = ''] of prose(text).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [file = '', anchor] = target.split('#');
    const resolved = file === '' ? path : posix.join(posix.dirname(path), file);
    const found =
      resolved.startsWith('..') || !exists(resolved)
        ? false
        : anchor === undefined || headings(read(resolved)).some(({ title }) => fragment(title) === anchor);
    if (!found) broken.push(`${path}: ${target}`);
  }
  return broken;
}

// A changeset is a note that becomes part of a changelog; it has no title.
const pages = listFiles((path) => path.endsWith('.md') && !/^\.changeset\/(?!README)/.test(path));

test('every page has exactly one title, and it comes first', () => {
  expect(pages.length).toBeGreaterThan(5);
  for (const path of pages) {
    const all = headings(read(path));
    expect(all.filter(({ level }) => level === 1).length, path).toBe(1);
    expect(all[0]?.level, path).toBe(1);
  }
});

test('every relative link leads to a file and a heading that exist', () => {
  expect(pages.flatMap((path) => brokenLinks(path, read(path)))).toEqual([]);
});

test('a broken link is noticed', () => {
  const page = 'README.md';
  expect(brokenLinks(page, 'see [it](docs/nowhere.md)')).toEqual(['README.md: docs/nowhere.md']);
  expect(brokenLinks(page, 'see [it](docs/architecture.md#nothing-of-the-kind)')).toHaveLength(1);
  expect(brokenLinks(page, 'see [it](docs/architecture.md#life-of-a-write), not `[code](x.md)`')).toEqual([]);
  expect(brokenLinks(page, 'see [it](../outside.md)')).toHaveLength(1);
});
