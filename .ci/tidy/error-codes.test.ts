/**
 * Proves that `docs/errors.md` lists the error codes of the code and no others, by collecting every code that stands
 * in a source file and every heading of the page.
 */

import { expect, test } from 'vitest';
import { isSource, listFiles, read } from './repository.ts';

const prefixes = [
  'STORAGE',
  'STATE',
  'REPLICATION',
  'ENGINE',
  'CLI',
  'CRYPTO',
  'AUTH',
  'INVARIANT',
  'VALIDATION',
];
const literal = new RegExp(`'((?:${prefixes.join('|')})_[A-Z0-9_]+)'`, 'g');
const heading = new RegExp(`^#{2,6} +\`?((?:${prefixes.join('|')})_[A-Z0-9_]+)\`? *$`, 'gm');

const codesIn = (text: string, pattern: RegExp): string[] =>
  Array.from(text.matchAll(pattern), ([, code = '']) => code);

function codesOfSources(): Map<string, string> {
  const found = new Map<string, string>();
  for (const path of listFiles(isSource)) {
    for (const code of codesIn(read(path), literal)) found.set(code, path);
  }
  return found;
}

test('every code has a heading in docs/errors.md', () => {
  const listed = new Set(codesIn(read('docs/errors.md'), heading));
  const codes = codesOfSources();
  expect(codes.size).toBeGreaterThan(0);
  expect([...codes].filter(([code]) => !listed.has(code)).map(([code, path]) => `${code} (${path})`)).toEqual(
    [],
  );
});

test('every heading in docs/errors.md is a code, once', () => {
  const listed = codesIn(read('docs/errors.md'), heading);
  const codes = codesOfSources();
  expect(listed.filter((code) => !codes.has(code))).toEqual([]);
  expect(listed).toEqual([...new Set(listed)]);
});

test('every code has the prefix of its package', () => {
  for (const [code, path] of codesOfSources()) {
    if (path.startsWith('packages/base/')) continue;
    const owners = listFiles((each) => isSource(each) && read(each).includes(`'${code}'`));
    const prefix = code.slice(0, code.indexOf('_')).toLowerCase();
    const owner = ['validation', 'invariant'].includes(prefix) ? 'base' : prefix;
    expect(
      owners.some((each) => each.startsWith(`packages/${owner}/`)),
      `${code} in ${path}`,
    ).toBe(true);
  }
});

test('codes are recognised', () => {
  expect(codesIn("throw new CodedError('STORAGE_LOCKED', `...`)", literal)).toEqual(['STORAGE_LOCKED']);
  expect(codesIn("process.env['HTKV_DATA_DIR']", literal)).toEqual([]);
  expect(codesIn('### `STORAGE_LOCKED`\ntext STORAGE_OTHER\n## ENGINE_CLOSED\n', heading)).toEqual([
    'STORAGE_LOCKED',
    'ENGINE_CLOSED',
  ]);
});
