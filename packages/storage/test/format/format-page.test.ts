/**
 * Proves that `docs/format.md` and the code say the same, by reading the page: every structure that the code declares
 * has its table there and every table its structure, with the same fields, offsets and sizes; so have the values of
 * kinds, types, flags and states; and the worked example is what a store really writes.
 */
import { readdirSync } from 'node:fs';
import { toHex, utf8 } from '@htkv/base';
import { beforeAll, expect, test } from 'vitest';

import * as geometry from '../../src/format/geometry.ts';
import type { Layout } from '../../src/format/layout.ts';
import { MemoryFileSystem } from '../../src/testing/index.ts';
import { DIRECTORY, openTrialStore } from '../trial-store.ts';
import { filesOf, readFormatPage, tablesOf } from './format-page.ts';

const page = readFormatPage();
const tables = tablesOf(page);

/** Everything that the modules of `src/format` export, by name. */
const exported = new Map<string, unknown>();

beforeAll(async () => {
  const folder = new URL('../../src/format/', import.meta.url);
  for (const name of readdirSync(folder)) {
    const module = (await import(new URL(name, folder).href)) as Record<string, unknown>;
    for (const [key, value] of Object.entries(module)) exported.set(key, value);
  }
});

/** `segmentHeaderLayout` is shown under "Segment header". */
function headingOf(layoutName: string): string {
  const words = layoutName.replace(/Layout$/, '').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words[0]!.toUpperCase() + words.slice(1);
}

test('every declared structure has its table, every table its structure, and they agree', () => {
  const declared = [...exported].filter(
    ([name, value]) => name.endsWith('Layout') && typeof value === 'object',
  );
  const inCode = declared.map(([name, value]) => {
    const { totalBytes, fields } = value as Layout<string>;
    const rows = Object.entries(fields).map(
      ([field, { offset, bytes }]) => `${offset} | ${bytes} | ${field}`,
    );
    return { heading: headingOf(name), totalBytes, rows };
  });
  const onPage = tables
    .filter(({ columns }) => columns.join() === 'offset,bytes,field,meaning')
    .map(({ heading, text, rows }) => ({
      heading,
      totalBytes: Number(/(\d+) bytes/.exec(text)?.[1]),
      rows: rows.map(([offset, bytes, field]) => `${offset} | ${bytes} | ${field}`),
    }));
  const byHeading = (left: { heading: string }, right: { heading: string }): number =>
    left.heading < right.heading ? -1 : 1;
  expect(inCode.length).toBeGreaterThan(5);
  expect(onPage.toSorted(byHeading)).toEqual(inCode.toSorted(byHeading));
});

test.for([
  ['Kinds of file', 'FileKind'],
  ['Types of item', 'RecordType'],
  ['Flags of a record', 'RecordFlag'],
  ['Flags of a trailer', 'CommitFlag'],
  ['Flags of a manifest', 'ManifestFlag'],
  ['States of a segment', 'SegmentState'],
  ['Kinds of section', 'SectionKind'],
] as const)('%s are those of the code', ([heading, name]) => {
  const table = tables.find((each) => each.heading === heading);
  const values = table?.rows.map(([value, key]) => [key, Number(value)]) ?? [];
  expect(Object.fromEntries(values)).toEqual(exported.get(name));
});

test('no set of values of the code is missing from the page', () => {
  const isSet = (value: unknown): boolean =>
    typeof value === 'object' && Object.values(value ?? {}).every((each) => typeof each === 'number');
  const names = [...exported].filter(([, value]) => isSet(value)).map(([name]) => name);
  expect(names.toSorted()).toEqual(
    [
      'CommitFlag',
      'FileKind',
      'ManifestFlag',
      'RecordFlag',
      'RecordType',
      'SectionKind',
      'SegmentState',
    ].toSorted(),
  );
});

test('the constants of the geometry are those of the code', () => {
  const table = tables.find(({ heading }) => heading === 'Geometry');
  const shown = Object.fromEntries(table?.rows.map(([name, value]) => [name, Number(value)]) ?? []);
  expect(shown).toEqual({
    UNIT_BYTES: geometry.UNIT_BYTES,
    PAGE_LOG2_MIN: geometry.PAGE_LOG2_MIN,
    PAGE_LOG2_MAX: geometry.PAGE_LOG2_MAX,
    SLOT_BYTES: geometry.SLOT_BYTES,
    SLOT_COUNT: geometry.SLOT_COUNT,
  });
  expect(geometry.inlineValueBytesMax(geometry.PAGE_LOG2_MIN)).toBe(2 ** geometry.PAGE_LOG2_MIN / 4);
});

test('every row says what its field means', () => {
  for (const { rows } of tables) expect(rows.every((cells) => cells.every((cell) => cell !== ''))).toBe(true);
});

test('the worked example is what a store writes', () => {
  const createdAt = 1_700_000_000_000;
  let isStoreId = true;
  const randomBytes = (count: number): Uint8Array => {
    if (count === 4) return Uint8Array.of(0, 0, 0, 42);
    const first = isStoreId ? 0xa0 : 0xb0;
    isStoreId = false;
    return Uint8Array.from({ length: count }, (_, index) => first + index);
  };
  const fileSystem = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem, randomBytes, now: () => createdAt });
  store.apply([
    {
      type: 'set',
      key: utf8('greeting'),
      value: utf8('hello'),
      version: 1,
      timestamp: createdAt,
      expiresAt: createdAt + 3_600_000,
    },
    { type: 'delete', key: utf8('old'), version: 2, timestamp: createdAt + 1 },
  ]);
  store.commit(true);
  const written = fileSystem
    .list(DIRECTORY)
    .map((name) => [name, toHex(fileSystem.bytesOf(`${DIRECTORY}/${name}`, 'durable'))]);
  expect(filesOf(page).map(({ name, bytes }) => [name, toHex(bytes)])).toEqual(written);
});
