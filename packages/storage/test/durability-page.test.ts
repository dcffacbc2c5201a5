/**
 * Proves that every test which `docs/durability.md` names as the backing of a promise exists, and that every section
 * about a promise names one.
 */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../../../', import.meta.url);
const page = readFileSync(new URL('docs/durability.md', root), 'utf8');
const named = Array.from(page.matchAll(/`((?:storage|engine)\/test\/[\w/-]+)`/g), ([, path]) => path!);

test('every test that is named exists', () => {
  expect(named.length).toBeGreaterThan(20);
  const missing = named.filter((path) => !existsSync(new URL(`packages/${path}.test.ts`, root)));
  expect(missing).toEqual([]);
});

test('every section but the words names its tests', () => {
  const sections = page.split(/^## /m).slice(1);
  const without = sections.filter(
    (section) => !section.includes('`storage/test/') && !section.includes('`engine/test/'),
  );
  expect(without.map((section) => section.slice(0, section.indexOf('\n')))).toEqual(['Words']);
});
