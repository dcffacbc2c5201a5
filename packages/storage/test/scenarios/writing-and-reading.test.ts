/**
 * Proves what the store does with single writes: what they look like when they are read, what the counters say, and
 * that batches, deletes, deadlines and values of every size are what was put in.
 */
import { utf8 } from '@htkv/base';
import { beforeEach, expect, test } from 'vitest';

import type { LogStore } from '../../src/index.ts';
import { decodeManifest } from '../../src/format/manifest.ts';
import { MemoryFileSystem } from '../../src/testing/index.ts';
import { DIRECTORY, openTrialStore } from '../trial-store.ts';
import { valueOf } from '../write-history.ts';

let memory: MemoryFileSystem;
let store: LogStore;

beforeEach(() => {
  memory = new MemoryFileSystem();
  store = openTrialStore({ fileSystem: memory, maxSegmentSize: 2 ** 20 });
});

function reopen(): void {
  store.close();
  store = openTrialStore({ fileSystem: memory, maxSegmentSize: 2 ** 20 });
}

test('an entry is read as it was written, before and after it is committed and reopened', () => {
  const key = utf8('key');
  store.apply([{ type: 'set', key, value: utf8('value'), version: 7, timestamp: 11, expiresAt: 13 }]);
  const expected = {
    deleted: false,
    version: 7,
    timestamp: 11,
    expiresAt: 13,
    sequence: 1,
    value: utf8('value'),
  };
  expect(store.read(key)).toEqual(expected);
  store.commit(true);
  expect(store.read(key)).toEqual(expected);
  reopen();
  expect(store.read(key)).toEqual(expected);
  expect(store.head(key)).toEqual({ deleted: false, version: 7, timestamp: 11, expiresAt: 13, sequence: 1 });
  expect(store.read(utf8('other'))).toBeUndefined();
});

test('a delete is an entry of its own until nobody needs it', () => {
  const key = utf8('key');
  store.apply([{ type: 'set', key, value: utf8('value'), version: 1, timestamp: 0 }]);
  store.apply([{ type: 'delete', key, version: 2, timestamp: 5 }]);
  const expected = {
    deleted: true,
    version: 2,
    timestamp: 5,
    expiresAt: undefined,
    sequence: 2,
    value: new Uint8Array(),
  };
  expect(store.read(key)).toEqual(expected);
  expect(store.liveKeys(0)).toBe(0);
  reopen();
  expect(store.read(key)).toEqual(expected);
  expect([store.liveKeys(0), store.progress.highestVersion, store.progress.lastSequence]).toEqual([0, 2, 2]);
});

test('values of every size come back, in the log or in a file of their own', () => {
  const lengths = [0, 1, 15, 16, 17, 4095, 4096, 65_536, 262_144, 262_145, 1_000_000];
  lengths.forEach((length, index) => {
    const value = valueOf(index + 1, length % 2 ** 19);
    store.apply([{ type: 'set', key: utf8(`${length}`), value, version: index + 1, timestamp: 0 }]);
  });
  const check = (): void => {
    lengths.forEach((length, index) => {
      expect(store.read(utf8(`${length}`))?.value, `${length} bytes`).toEqual(
        valueOf(index + 1, length % 2 ** 19),
      );
    });
  };
  check();
  store.commit(true);
  check();
  reopen();
  check();
  expect(memory.list(DIRECTORY).filter((name) => name.startsWith('value-')).length).toBeGreaterThan(0);
});

test('keys up to 65,535 bytes are told apart to their last byte', () => {
  const long = new Uint8Array(65_535).fill(1);
  const other = long.slice();
  other[65_534] = 2;
  const shorter = long.slice(1);
  [long, other, shorter].forEach((key, index) => {
    store.apply([{ type: 'set', key, value: Uint8Array.of(index), version: 1, timestamp: 0 }]);
  });
  reopen();
  expect([long, other, shorter].map((key) => store.read(key)?.value[0])).toEqual([0, 1, 2]);
});

test('what the caller does with its bytes afterwards changes nothing', () => {
  const key = utf8('key');
  const value = utf8('value');
  store.apply([{ type: 'set', key, value, version: 1, timestamp: 0 }]);
  key.fill(0);
  value.fill(0);
  const read = store.read(utf8('key'));
  expect(read?.value).toEqual(utf8('value'));
  read?.value.fill(0);
  expect(store.read(utf8('key'))?.value).toEqual(utf8('value'));
});

test('a batch has its writes in order, also several to one key', () => {
  const key = utf8('key');
  const last = store.apply([
    { type: 'set', key, value: utf8('1'), version: 1, timestamp: 0 },
    { type: 'delete', key, version: 2, timestamp: 0 },
    { type: 'set', key: utf8('other'), value: utf8('2'), version: 3, timestamp: 0 },
    { type: 'set', key, value: utf8('3'), version: 4, timestamp: 0 },
  ]);
  expect(last).toBe(4);
  expect([store.read(key)?.value, store.read(key)?.sequence]).toEqual([utf8('3'), 4]);
  reopen();
  expect([store.read(key)?.value, store.read(key)?.sequence, store.liveKeys(0)]).toEqual([utf8('3'), 4, 2]);
});

test('a batch of nothing is nothing', () => {
  expect(store.apply([])).toBe(0);
  store.commit(true);
  expect(memory.counts.write).toBe(1);
});

test('keys with a deadline are counted until it has come', () => {
  store.apply([
    { type: 'set', key: utf8('a'), value: utf8('1'), version: 1, timestamp: 0, expiresAt: 100 },
    { type: 'set', key: utf8('b'), value: utf8('1'), version: 1, timestamp: 0, expiresAt: 200 },
    { type: 'set', key: utf8('c'), value: utf8('1'), version: 1, timestamp: 0 },
  ]);
  const counts = (): number[] => [0, 99, 100, 199, 200].map((now) => store.liveKeys(now));
  expect(counts()).toEqual([3, 3, 2, 2, 1]);
  reopen();
  expect(counts()).toEqual([3, 3, 2, 2, 1]);
  store.apply([{ type: 'set', key: utf8('a'), value: utf8('2'), version: 2, timestamp: 0 }]);
  expect(counts()).toEqual([3, 3, 3, 3, 2]);
});

test('the sequences say what is applied, written and durable', () => {
  const places = (): number[] => [
    store.progress.lastSequence,
    store.progress.writtenSequence,
    store.progress.durableSequence,
  ];
  const set = (): number =>
    store.apply([{ type: 'set', key: utf8('a'), value: utf8('1'), version: 1, timestamp: 0 }]);
  expect(places()).toEqual([0, 0, 0]);
  set();
  expect([...places(), store.progress.isDirty]).toEqual([1, 0, 0, true]);
  store.commit(false);
  expect([...places(), store.progress.isDirty, store.progress.openGroupBytes]).toEqual([1, 1, 0, true, 0]);
  set();
  store.commit(true);
  expect([...places(), store.progress.isDirty]).toEqual([2, 2, 2, false]);
  reopen();
  expect(places()).toEqual([2, 2, 2]);
});

test('the noted time only grows, and is kept', () => {
  store.noteTime(100);
  store.noteTime(50);
  reopen();
  expect(store.clockHighWater).toBe(100);
  store.noteTime(200);
  reopen();
  expect(store.clockHighWater).toBe(200);
});

test('segments state the sequences that they hold, those that recovery writes too', () => {
  memory = new MemoryFileSystem();
  const first = openTrialStore({ fileSystem: memory });
  for (let index = 0; index < 12; index += 1) {
    first.apply([
      { type: 'set', key: utf8(`${index}`), value: new Uint8Array(900), version: 1, timestamp: 0 },
    ]);
    first.commit(false);
  }
  memory = memory.killed();
  const recovered = openTrialStore({ fileSystem: memory });
  expect(recovered.report.rewrittenGroups).toBeGreaterThan(0);
  const manifest = memory.list(DIRECTORY).find((name) => name.startsWith('manifest-'));
  const reading = decodeManifest(memory.bytesOf(`${DIRECTORY}/${manifest}`));
  let next = 1;
  for (const segment of reading.kind === 'ok' ? reading.manifest.segments : []) {
    expect(segment.firstSequence).toBe(next);
    expect(segment.lastSequence).toBe(next + segment.recordCount - 1);
    next = segment.lastSequence + 1;
  }
  expect(next).toBe(13);
});
