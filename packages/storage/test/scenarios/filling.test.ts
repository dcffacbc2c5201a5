/**
 * Proves that a store which is being filled is never taken for one that is whole: wherever the process stops and
 * whichever call to the disk fails, the directory opens empty, refuses to open, or holds everything. And that a store
 * which was filled goes on where the other one stood.
 */
import { errorCode, utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import type { LogStore, RecordWrite } from '../../src/index.ts';
import { CrashSignal, FaultyFileSystem, MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';
import { openTrialStore } from '../trial-store.ts';

const RECORDS = 40;
const POSITION = { lastSequence: 1_000, highestVersion: 5_000, time: 777 };

function record(index: number): RecordWrite {
  const value = new Uint8Array(index % 7 === 0 ? 40_000 : 300).fill(index);
  return { type: 'set', key: utf8(`key ${index}`), value, version: index + 1, timestamp: index };
}

function fill(store: LogStore): void {
  store.filling.begin();
  for (let index = 0; index < RECORDS; index += 1) {
    store.filling.apply([record(index)]);
    if (index % 9 === 0) store.filling.write();
  }
  store.filling.finish(POSITION);
}

function codeOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return errorCode(error) ?? String(error);
  }
}

/** What somebody who opens the directory finds. */
function verdictOn(disk: MemoryFileSystem, readOnly = false): 'empty' | 'incomplete' | 'whole' | 'none' {
  let store: LogStore;
  try {
    store = openTrialStore({ fileSystem: disk, readOnly });
  } catch (error) {
    expect(disk.lockCount).toBe(0);
    if (errorCode(error) === 'STORAGE_INCOMPLETE') return 'incomplete';
    if (errorCode(error) === 'STORAGE_NOT_FOUND') return 'none';
    throw error;
  }
  const keys = store.liveKeys(0);
  const { lastSequence, highestVersion } = store.progress;
  const time = store.clockHighWater;
  store.close();
  if (keys === 0 && lastSequence === 0) return 'empty';
  expect({ keys, lastSequence, highestVersion, time }).toEqual({
    keys: RECORDS,
    lastSequence: POSITION.lastSequence,
    highestVersion: POSITION.highestVersion,
    time: POSITION.time,
  });
  return 'whole';
}

test('a store that was filled goes on where the other one stood, also after a crash', () => {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory });
  fill(store);
  const { lastSequence, durableSequence, highestVersion } = store.progress;
  expect([lastSequence, durableSequence, highestVersion]).toEqual([1_000, 1_000, 5_000]);
  expect(verdictOn(memory.crashed({ random: new SeededRandom('filled'), keep: 'none' }))).toBe('whole');
  expect(store.apply([{ ...record(RECORDS), version: 5_001 }])).toBe(1_001);
  store.commit(true);
  const crashed = memory.crashed({ random: new SeededRandom('filled'), keep: 'none' });
  const again = openTrialStore({ fileSystem: crashed });
  expect(again.progress.lastSequence).toBe(1_001);
  expect(again.read(utf8('key 7'))?.value).toEqual(new Uint8Array(40_000).fill(7));
  expect(again.liveKeys(0)).toBe(RECORDS + 1);
});

test('a position below what was written does not count', () => {
  const store = openTrialStore({ fileSystem: new MemoryFileSystem() });
  store.filling.begin();
  store.filling.apply([record(1), record(2)]);
  store.filling.finish({ lastSequence: 0, highestVersion: 0, time: 0 });
  expect([store.progress.lastSequence, store.progress.highestVersion]).toEqual([2, 3]);
});

test('only a store that was never written to is filled, and by one at a time', () => {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory });
  store.apply([{ type: 'delete', key: utf8('k'), version: 1, timestamp: 0 }]);
  store.commit(true);
  const { counts } = memory;
  const writes = counts.write;
  expect(codeOf(() => store.filling.begin())).toBe('STORAGE_NOT_EMPTY');
  expect(counts.write).toBe(writes);
  expect(codeOf(() => store.apply([record(1)]))).toBeUndefined();

  const other = openTrialStore({ fileSystem: new MemoryFileSystem() });
  other.filling.begin();
  expect(codeOf(() => other.filling.begin())).toBe('STORAGE_INCOMPLETE');
  expect(codeOf(() => other.apply([record(1)]))).toBe('STORAGE_INCOMPLETE');
  expect(codeOf(() => other.filling.requireNone())).toBe('STORAGE_INCOMPLETE');
  other.close();
  expect(codeOf(() => other.filling.apply([record(1)]))).toBe('STORAGE_ENDED');
});

test('a store that is only read is not filled', () => {
  const memory = new MemoryFileSystem();
  openTrialStore({ fileSystem: memory }).close();
  const store = openTrialStore({ fileSystem: memory, readOnly: true });
  expect(codeOf(() => store.filling.begin())).toBe('STORAGE_READ_ONLY');
});

test('a store that was opened and closed empty can be filled', () => {
  const memory = new MemoryFileSystem();
  openTrialStore({ fileSystem: memory }).close();
  const store = openTrialStore({ fileSystem: memory });
  fill(store);
  store.close();
  expect(verdictOn(memory)).toBe('whole');
});

test('closed in between, or only read, it is incomplete', () => {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory });
  store.filling.begin();
  expect(verdictOn(memory.killed(), true)).toBe('incomplete');
  store.filling.apply([record(1)]);
  store.close();
  expect(verdictOn(memory, true)).toBe('incomplete');
  expect(verdictOn(memory)).toBe('incomplete');
});

test('a crash at any call to the disk leaves it empty, incomplete or whole', () => {
  const verdicts = new Map<string, number>();
  let isMet = true;
  for (let at = 1; isMet; at += 1) {
    for (const keep of ['none', 'random', 'all'] as const) {
      const memory = new MemoryFileSystem();
      openTrialStore({ fileSystem: memory }).close();
      let calls = Number.NEGATIVE_INFINITY;
      const onCall = (): void => {
        calls += 1;
        if (calls === at) throw new CrashSignal('the process ends here');
      };
      const store = openTrialStore({ fileSystem: new FaultyFileSystem(memory, { onCall }) });
      calls = 0;
      try {
        fill(store);
        isMet = false;
      } catch (error) {
        // What a dead process makes of its end does not matter; that it died does.
        if (calls < at) throw error;
      }
      const verdict = verdictOn(memory.crashed({ random: new SeededRandom(`filling ${at}`), keep }));
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
      if (!isMet) expect(verdict).toBe('whole');
    }
  }
  expect([...verdicts.keys()].toSorted()).toEqual(['empty', 'incomplete', 'whole']);
  expect(verdicts.get('incomplete')).toBeGreaterThan(50);
});

test('a failure of any call to the disk leaves it empty, incomplete or whole, and refused until it is', () => {
  const verdicts = new Map<string, number>();
  for (const code of ['EIO', 'ENOSPC']) {
    let isMet = true;
    for (let at = 1; isMet; at += 1) {
      const memory = new MemoryFileSystem();
      const faults = new FaultyFileSystem(memory);
      const store = openTrialStore({ fileSystem: faults });
      faults.plan({ at, kinds: ['write', 'sync', 'create', 'syncDirectory'], code, effect: 'prefix' });
      const failure = codeOf(() => fill(store));
      isMet = faults.strikes > 0;
      const isRefused = codeOf(() => store.filling.requireNone()) === 'STORAGE_INCOMPLETE';
      codeOf(() => store.close());
      const verdict = verdictOn(memory.crashed({ random: new SeededRandom(`failing ${at}`), keep: 'none' }));
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
      if (failure === undefined) expect([isRefused, verdict], `${code} at ${at}`).toEqual([false, 'whole']);
      else if (!isRefused) expect(verdict, `${code} at ${at}`).not.toBe('whole');
    }
  }
  expect(verdicts.get('incomplete')).toBeGreaterThan(30);
});
