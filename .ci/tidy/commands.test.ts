/**
 * Proves that the commands which pages, workflows and scripts tell people to run exist: each `npx -y pnpm@12 <name>`
 * is a script of package.json, and `.ci/run` runs the very command that the README gives for the tests.
 */

import { expect, test } from 'vitest';
import { listFiles, type Manifest, parseJson, read } from './repository.ts';

const { scripts = {} } = parseJson(read('package.json')) as Manifest;
const ofPnpmItself = new Set(['install', 'exec']);

const mentions = listFiles((path) => /\.(md|yml)$/.test(path) || path === '.ci/run').flatMap((path) =>
  Array.from(read(path).matchAll(/npx -y pnpm@12 ([a-z][a-z:-]*)/g), ([, script = '']) => ({ path, script })),
);

test('every command that is written down exists', () => {
  expect(mentions.length).toBeGreaterThan(10);
  expect(mentions.filter(({ script }) => !(script in scripts) && !ofPnpmItself.has(script))).toEqual([]);
});

test('the first page gives the two commands, and the gate runs the second as it stands there', () => {
  const commands = Array.from(
    read('README.md').matchAll(/^npx -y pnpm@12 (start|test)\b/gm),
    ([command]) => command,
  );
  expect(commands).toEqual(['npx -y pnpm@12 start', 'npx -y pnpm@12 test']);
  expect(read('.ci/run')).toMatch(/ npx -y pnpm@12 test$/m);
});
