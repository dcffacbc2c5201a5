/**
 * Proves that every published source file opens by saying what it is, stays short, and knows nothing of the layers
 * above it, not even in a comment.
 */

import { expect, test } from 'vitest';
import { parseDrawing, reachable } from './layer-graph.ts';
import { isSource, listFiles, read, workspacePackages } from './repository.ts';

const linesMax = 400;
const sources = listFiles(isSource);

function opensWithComment(text: string): boolean {
  return /^(#!.*\n)?\/\*\*\n? \*?/.test(text);
}

test('there are sources to look at', () => {
  expect(sources.length).toBeGreaterThan(10);
});

test('each source file opens with a module comment', () => {
  expect(sources.filter((path) => !path.endsWith('/index.ts') && !opensWithComment(read(path)))).toEqual([]);
  expect(opensWithComment('/**\n * What it is.\n */\n')).toBe(true);
  expect(opensWithComment('#!/usr/bin/env node\n/** What it is. */\n')).toBe(true);
  expect(opensWithComment("import { a } from './a.ts';\n/** Not at the top. */\n")).toBe(false);
});

test(`no source file is longer than ${linesMax} lines`, () => {
  const lengths = sources.map((path) => ({ path, lines: read(path).trimEnd().split('\n').length }));
  expect(lengths.filter(({ lines }) => lines > linesMax)).toEqual([]);
});

test('no source file names a package above its own', () => {
  const drawing = parseDrawing(read('docs/architecture.md'));
  for (const { directory, label, manifest } of workspacePackages()) {
    const below = new Set([...reachable(drawing, label), label]);
    const above = [...drawing.keys()].filter((each) => !below.has(each) && !each.includes('/'));
    const names = new RegExp(`@htkv/(${above.join('|')})\\b`);
    const found = sources.filter((path) => path.startsWith(`${directory}/`) && names.test(read(path)));
    expect(found, `${manifest.name} names a package that it may not know`).toEqual([]);
  }
});
