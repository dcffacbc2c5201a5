/**
 * Proves that `docs/snapshots.md` and the code say the same, by reading the page: each structure has its table and
 * each table its structure, with the same fields, offsets and sizes; so have the kinds of records; and the worked
 * example is what is really written, and read.
 */

import { readFileSync } from 'node:fs';

import { toHex, utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import { VALUE_BYTES_MAX } from '../src/command.ts';
import { KvState } from '../src/kv-state.ts';
import {
  BLOCK_PAYLOAD_BYTES_MAX,
  SNAPSHOT_FORMAT_VERSION,
  SNAPSHOT_MAGIC,
  snapshotBlockLayout,
  snapshotHeaderLayout,
  type SnapshotLayout,
  SnapshotRecordKind,
  snapshotRecordLayout,
  snapshotTrailerLayout,
} from '../src/snapshot-layout.ts';
import { restored, snapshotBytes } from './snapshot-bytes.ts';

const page = readFileSync(new URL('../../../docs/snapshots.md', import.meta.url), 'utf8');

const layouts: Readonly<Record<string, SnapshotLayout<string>>> = {
  Header: snapshotHeaderLayout,
  Block: snapshotBlockLayout,
  Record: snapshotRecordLayout,
  Trailer: snapshotTrailerLayout,
};

interface Table {
  readonly heading: string;
  readonly text: string;
  readonly rows: readonly (readonly string[])[];
}

const tables: readonly Table[] = page
  .split(/^#{2,} /m)
  .slice(1)
  .flatMap((section) => {
    const [heading = '', ...body] = section.split('\n');
    const text = body.join('\n');
    return Array.from(text.matchAll(/^\|.*\|\n\|[-|]+\|\n(?:\|.*\|\n)*/gm), ([table]) => {
      const [, , ...rows] = table.trimEnd().split('\n');
      return { heading, text, rows: rows.map(cellsOf) };
    });
  });

function cellsOf(line: string): string[] {
  return line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim().replaceAll('`', ''));
}

test('each structure has its table, and each table its structure', () => {
  expect(tables.map(({ heading }) => heading).toSorted()).toEqual(
    [...Object.keys(layouts), 'Kinds of a record'].toSorted(),
  );
  for (const { heading, text, rows } of tables) {
    const layout = layouts[heading];
    if (layout === undefined) continue;
    const shown = rows.map(([offset, bytes, field]) => [Number(offset), Number(bytes), field]);
    const fields = Object.keys(layout.sizes);
    expect(shown, heading).toEqual(
      fields.map((field) => [layout.offsets[field], layout.sizes[field], field]),
    );
    expect(text.trimStart(), heading).toMatch(new RegExp(`^${layout.totalBytes} bytes`));
  }
});

test('the kinds of records are those of the code', () => {
  const kinds = tables.find(({ heading }) => heading === 'Kinds of a record');
  const shown = Object.fromEntries(kinds?.rows.map(([value, name]) => [name, Number(value)]) ?? []);
  expect(shown).toEqual(SnapshotRecordKind);
});

test('every row says what its field means', () => {
  for (const { rows } of tables) expect(rows.every((cells) => cells.every((cell) => cell !== ''))).toBe(true);
});

test('the numbers in the text are those of the code', () => {
  const meaningOf = (heading: string, field: string): string | undefined =>
    tables.find((table) => table.heading === heading)?.rows.find((cells) => cells[2] === field)?.[3];
  expect(page).toContain(`\nVersion ${SNAPSHOT_FORMAT_VERSION}. `);
  expect(meaningOf('Header', 'magic')).toBe(`the text ${new TextDecoder().decode(SNAPSHOT_MAGIC)}`);
  expect(meaningOf('Header', 'headerBytes')).toBe(String(snapshotHeaderLayout.totalBytes));
  const grouped = new Intl.NumberFormat('en-US');
  expect(meaningOf('Block', 'payloadBytes')).toBe(`1 to ${grouped.format(BLOCK_PAYLOAD_BYTES_MAX)}`);
  expect(meaningOf('Record', 'valueBytes')).toContain(`at most ${grouped.format(VALUE_BYTES_MAX)};`);
});

test('the worked example is what is written, and read', async () => {
  const bytes: number[] = [];
  const [, dump = ''] = /```hex\n([^`]*)```/.exec(page) ?? [];
  for (const line of dump.trimEnd().split('\n')) {
    if (line.startsWith('# ')) continue;
    const [, offset, hex = ''] = /^ *(\d+) {2}((?:[0-9a-f]{2} ?)+)/.exec(line) ?? [];
    expect(Number(offset), line).toBe(bytes.length);
    bytes.push(
      ...hex
        .trim()
        .split(' ')
        .map((byte) => Number.parseInt(byte, 16)),
    );
  }
  const now = 1_700_000_000_000;
  const state = new KvState();
  state.insertSnapshot(utf8('greeting'), {
    value: utf8('hello'),
    version: 3,
    timestamp: now,
    expiresAt: now + 3_600_000,
  });
  state.insertSnapshot(utf8('old'), { deleted: true, version: 2, timestamp: now + 1 });
  const position = { lastSequence: 5, latestVersion: 4, takenAt: now + 2 };
  expect(toHex(snapshotBytes(state, position))).toBe(toHex(Uint8Array.from(bytes)));
  expect((await restored([Uint8Array.from(bytes)])).summary).toMatchObject(position);
});
