/**
 * Proves that no file gives away the machine it was written on, names the registry it was installed from, or leaves
 * work for later in a comment. Reads every text file of the repository.
 */

import { expect, test } from 'vitest';
import { listFiles, read } from './repository.ts';

const forbidden: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: 'a package registry', pattern: /registry\.npm|registry\.yarn|npmmirror|verdaccio/i },
  { what: 'a local server', pattern: /https?:\/\/(localhost|127\.0\.0\.1)/ },
  { what: 'a path of one machine', pattern: /(^|[\s"'`(=:])\/(root|home|Users|work)\// },
  { what: 'a drive of one machine', pattern: /\b[A-Z]:\\(Users|Windows|Documents)/ },
  { what: 'work left for later', pattern: /\b(TODO|FIXME|XXX|HACK)\b/ },
  { what: 'a conflict marker', pattern: /^(<{7}|>{7}) / },
];

function objections(path: string, text: string): string[] {
  return text
    .split('\n')
    .flatMap((line, index) =>
      forbidden
        .filter(({ pattern }) => pattern.test(line))
        .map(({ what }) => `${path}:${index + 1}: ${what}`),
    );
}

test('no file names a registry, a machine, or work left for later', () => {
  // This file has to spell out what it looks for.
  const found = listFiles((path) => path !== '.ci/tidy/text.test.ts').flatMap((path) => {
    const text = read(path);
    return text.includes('\0') ? [] : objections(path, text);
  });
  expect(found).toEqual([]);
});

test('each of these is noticed', () => {
  for (const line of [
    `see https://${['registry', 'npmjs', 'org'].join('.')}/x`,
    'http://localhost:4873/x',
    "open('/home/somebody/store')",
    "open('C:\\Users\\somebody')",
    '// TODO later',
  ]) {
    expect(objections('file.ts', line)).toHaveLength(1);
  }
  expect(objections('file.ts', "const path = '/store/home/000.seg';")).toEqual([]);
});
