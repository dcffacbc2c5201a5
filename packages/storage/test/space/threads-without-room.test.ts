/**
 * Proves that a full device is the affair of all threads of a store: whoever meets it refuses the writes of all, any of
 * them may delete, free room by compaction, and find that there is room again.
 */
import { errorCode, utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import type { LogStore } from '../../src/index.ts';
import { DIRECTORY } from '../trial-store.ts';
import { SharedStoreTemplate } from '../session/shared-store.ts';

const BALLAST_BYTES = 20_000;

const template = new SharedStoreTemplate({ ballastBytes: BALLAST_BYTES }, (store) => {
  for (let index = 0; index < 30; index += 1) set(store, `key ${index % 10}`);
  store.commit(true);
});

function set(store: LogStore, name: string): string {
  const version = store.progress.lastSequence + 1;
  try {
    store.apply([{ type: 'set', key: utf8(name), value: new Uint8Array(700), version, timestamp: 0 }]);
    store.commit(true);
    return 'applied';
  } catch (error) {
    return errorCode(error) ?? String(error);
  }
}

function remove(store: LogStore, name: string): void {
  store.apply([{ type: 'delete', key: utf8(name), version: store.progress.lastSequence + 1, timestamp: 0 }]);
  store.commit(true);
}

/** A store with two threads in it, on a device that one of them has found full. */
function fullStore(): {
  readonly disk: { capacity: number; usedBytes: number; list(path: string): string[] };
  readonly threads: [LogStore, LogStore];
} {
  const shared = template.copy();
  const threads: [LogStore, LogStore] = [shared.join().store, shared.join().store];
  const { disk } = shared;
  disk.capacity = disk.usedBytes;
  expect(set(threads[0], 'new')).toBe('STORAGE_NO_SPACE');
  return { disk, threads };
}

test('what one has found, all know; and nobody tries in vain', () => {
  const { disk, threads } = fullStore();
  const segments = disk.list(DIRECTORY);
  for (const store of threads) {
    expect(store.space.isOut).toBe(true);
    expect(set(store, 'new')).toBe('STORAGE_NO_SPACE');
    expect(store.stats().readOnlyReason).toBe('noSpace');
    expect(store.read(utf8('key 3'))?.value).toHaveLength(700);
    expect(store.read(utf8('new'))).toBeUndefined();
  }
  expect(disk.list(DIRECTORY)).toEqual(segments);
});

test('another one than the one that met it finds that there is room, for all', () => {
  const { disk, threads } = fullStore();
  disk.capacity = Infinity;
  expect(threads[1].exclusively(() => threads[1].space.regain())).toBe('whole');
  expect(threads.map((store) => set(store, 'new'))).toEqual(['applied', 'applied']);
});

test('any of them may delete, and free room with what the ballast gives up', () => {
  const { disk, threads } = fullStore();
  const [one, other] = threads;
  remove(other, 'key 1');
  expect(one.stats().space.ballastBytes).toBeLessThan(BALLAST_BYTES);
  expect(set(one, 'new')).toBe('STORAGE_NO_SPACE');
  expect(other.exclusively(() => other.compactor.canFree && other.space.release())).toBe(true);
  expect(disk.list(DIRECTORY)).not.toContain('BALLAST');
  const pass = one.compactor.begin(true);
  while (pass.step());
  expect(pass.report.segmentsRemoved).toBeGreaterThan(2);
  while (other.exclusively(() => other.space.regain()) === 'more');
  expect(threads.map((store) => store.stats().readOnlyReason)).toEqual([undefined, undefined]);
  expect(one.stats().space.ballastBytes).toBe(BALLAST_BYTES);
  expect(set(one, 'new')).toBe('applied');
  expect(other.read(utf8('key 1'))?.deleted).toBe(true);
});

test('deletions are let through as long as they leave enough for compaction', () => {
  const { threads } = fullStore();
  const answers = Array.from({ length: 10 }, (_, index) => {
    try {
      remove(threads[index % 2]!, `key ${index}`);
      return 'applied';
    } catch (error) {
      return errorCode(error);
    }
  });
  expect(answers[0]).toBe('applied');
  expect(answers.at(-1)).toBe('STORAGE_NO_SPACE');
  expect(threads[0].stats().space.ballastBytes).toBeGreaterThanOrEqual((BALLAST_BYTES * 3) / 4);
});
