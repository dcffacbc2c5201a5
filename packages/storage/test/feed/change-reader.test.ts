/**
 * Proves what a reader of the log gives out: every durable write once, in order and as it was, from memory and from files,
 * without the copies of compaction; whole batches; over damage what comes before it, and never anything wrong or a gap.
 */
import { errorCode } from '@htkv/base';
import { describe, expect, test } from 'vitest';

import { HistoryCompacted, type LogStore, type RecordWrite, type StoredChange } from '../../src/index.ts';
import { MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';
import { remove, set } from '../session/repair-scripts.ts';
import { DIRECTORY, openTrialStore, withTrialStore } from '../trial-store.ts';

interface Found {
  readonly changes: StoredChange[];
  readonly failure: unknown;
}

/** Everything that can be read behind `since`, and what has ended it. */
function readBehind(store: LogStore, since = 0, marksBatches = false): Found {
  const reader = store.feed.open({ since, keys: undefined, marksBatches });
  const changes: StoredChange[] = [];
  try {
    for (;;) {
      const more = reader.read();
      changes.push(...more);
      if (reader.isAtEnd) return { changes, failure: undefined };
    }
  } catch (failure) {
    return { changes, failure };
  }
}

function expected(writes: readonly RecordWrite[]): StoredChange[] {
  return writes.map((write, index): StoredChange => {
    const { key, version, timestamp } = write;
    const head = { sequence: index + 1, key, version, timestamp };
    if (write.type === 'delete') return { ...head, type: 'delete' };
    const { value, expiresAt } = write;
    return { ...head, type: 'set', value, ...(expiresAt === undefined ? {} : { expiresAt }) };
  });
}

/** Random writes, one by one and in batches, some committed together. */
function fill(store: LogStore, random: SeededRandom, count: number): RecordWrite[] {
  const written: RecordWrite[] = [];
  while (written.length < count) {
    const batch = Array.from({ length: random.chance(0.3) ? 1 + random.below(6) : 1 }, (_, index) => {
      const version = written.length + index + 1;
      // Little is replaced, so that compaction has no reason to begin.
      const name = `key ${random.chance(0.1) ? random.below(version) : version}`;
      const deadline = random.chance(0.2) ? 1000 + version : undefined;
      return random.chance(0.2) ? remove(name, version) : set(name, version, random.below(300), deadline);
    });
    store.apply(batch);
    written.push(...batch);
    if (random.chance(0.3)) store.commit(random.chance(0.5));
  }
  store.commit(true);
  return written;
}

test('every write that is durable comes once, in order, as it was, from memory and from files', () => {
  const random = new SeededRandom('every write');
  withTrialStore({ fileSystem: new MemoryFileSystem() }, (store) => {
    const writes = fill(store, random, 600);
    expect(store.stats().segments.length, 'more than memory holds').toBeGreaterThan(20);
    expect(readBehind(store)).toEqual({ changes: expected(writes), failure: undefined });
    for (let since = 0; since <= writes.length; since += 37) {
      expect(readBehind(store, since).changes).toEqual(expected(writes).slice(since));
    }
  });
});

test('what is applied or written, and not durable, does not come', () => {
  const store = openTrialStore({ fileSystem: new MemoryFileSystem() });
  store.apply([set('a', 1)]);
  expect(readBehind(store).changes).toEqual([]);
  store.commit(false);
  expect(readBehind(store).changes).toEqual([]);
  store.commit(true);
  expect(readBehind(store).changes.length).toBe(1);
  store.apply([set('b', 2)]);
  expect(readBehind(store).changes.length).toBe(1);
});

test('batches are marked, to their last record, also when recovery has written them again', () => {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory, maxSegmentSize: 2 ** 20 });
  const sizes = [1, 5, 2, 40, 1, 3];
  let version = 0;
  for (const size of sizes) {
    store.apply(
      Array.from({ length: size }, (_, index) => {
        version += 1;
        return set(`key ${index}`, version, 200);
      }),
    );
    store.commit(version < 10);
  }
  const ends = (opened: LogStore): number[] =>
    readBehind(opened, 0, true)
      .changes.filter(({ endsBatch }) => endsBatch === true)
      .map(({ sequence }) => sequence);
  // Small segments cut what is written again into several.
  const again = openTrialStore({ fileSystem: memory.killed() });
  expect(again.report.rewrittenGroups).toBeGreaterThan(0);
  expect(again.stats().segments.length).toBeGreaterThan(2);
  expect(ends(again)).toEqual([1, 6, 8, 48, 49, 52]);
  store.commit(true);
  expect(ends(store)).toEqual([1, 6, 8, 48, 49, 52]);
  const reader = again.feed.open({ since: 0, keys: undefined, marksBatches: false });
  const lengths: number[] = [];
  while (!reader.isAtEnd) lengths.push(reader.read().length);
  let sum = 0;
  for (const length of lengths) {
    sum += length;
    expect([0, 1, 6, 8, 48, 49, 52]).toContain(sum);
  }
});

test('a copy is no write and belongs to no batch', () => {
  const store = openTrialStore({ fileSystem: new MemoryFileSystem() });
  store.apply([set('kept', 1, 100), set('often', 2, 1800)]);
  for (let version = 3; version < 8; version += 1) store.apply([set('often', version, 1800)]);
  store.commit(true);
  const reader = store.feed.open({ since: undefined, keys: undefined, marksBatches: true });
  const pass = store.compactor.begin(true);
  while (pass.step());
  expect(pass.report.recordsRelocated).toBeGreaterThan(0);
  store.apply([set('after', 8)]);
  store.commit(true);
  const changes: StoredChange[] = [];
  do changes.push(...reader.read());
  while (!reader.isAtEnd);
  expect(changes.map(({ sequence, endsBatch }) => [sequence, endsBatch])).toEqual([[8, true]]);
});

test('who asks for what compaction has removed is told from where on everything is there', () => {
  const memory = new MemoryFileSystem();
  let store = openTrialStore({ fileSystem: memory });
  for (let version = 1; version < 30; version += 1) store.apply([set(`key ${version % 2}`, version, 1800)]);
  store.commit(true);
  const pass = store.compactor.begin(true);
  while (pass.step());
  const { oldest } = store.feed.bounds();
  expect(oldest).toBeGreaterThan(10);
  for (const life of ['running', 'reopened', 'killed'] as const) {
    if (life === 'reopened') store.close();
    const disk = life === 'killed' ? memory.killed() : memory;
    if (life !== 'running') store = openTrialStore({ fileSystem: disk });
    expect(store.feed.bounds().oldest).toBe(oldest);
    const { changes, failure } = readBehind(store, oldest - 1);
    expect(changes).toEqual([]);
    expect(failure).toBeInstanceOf(HistoryCompacted);
    expect(failure).toMatchObject({ since: oldest - 1, oldest });
    expect(readBehind(store, oldest).changes.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 29 - oldest }, (_, index) => oldest + 1 + index),
    );
  }
});

test('a value in a file that compaction has removed, of a record that is left, is a gap and is told', () => {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory });
  store.apply([set('large', 1, 100_000)]);
  store.apply([set('large', 2, 100_000)]);
  store.commit(true);
  const valueFiles = memory.list(DIRECTORY).filter((name) => name.startsWith('value'));
  expect(valueFiles.length).toBe(2);
  expect(readBehind(store).changes.length).toBe(2);
  memory.remove(`${DIRECTORY}/${valueFiles[0]!}`);
  expect(readBehind(store).failure).toMatchObject({ since: 0, oldest: 1 });
  expect(readBehind(store, 1).changes.length).toBe(1);
  // The value of the newest record is needed: that it is not there is damage.
  memory.remove(`${DIRECTORY}/${valueFiles[1]!}`);
  expect(errorCode(readBehind(store, 1).failure)).toBe('STORAGE_CORRUPT');
});

describe('damage', () => {
  test('of a file gives what comes before it, and then the error: never a wrong change, never a gap', () => {
    const random = new SeededRandom('damage');
    const memory = new MemoryFileSystem();
    withTrialStore({ fileSystem: memory }, (store) => {
      const writes = expected(fill(store, random, 500));
      const { segments } = store.stats();
      let damaged = 0;
      for (let trial = 0; trial < 400; trial += 1) {
        const segment = segments[random.below(8)]!;
        const offset = 128 + random.below(segment.bytes - 128);
        const mask = 1 << random.below(8);
        memory.corrupt(segment.path, offset, mask);
        const { changes, failure } = readBehind(store);
        expect(changes).toEqual(writes.slice(0, changes.length));
        if (failure === undefined) expect(changes.length).toBe(writes.length);
        else expect(errorCode(failure)).toBe('STORAGE_CORRUPT');
        if (failure !== undefined) damaged += 1;
        memory.corrupt(segment.path, offset, mask);
      }
      expect(damaged).toBeGreaterThan(300);
      expect(readBehind(store).changes).toEqual(writes);
    });
  });
});
