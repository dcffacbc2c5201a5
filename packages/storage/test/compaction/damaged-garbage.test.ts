/**
 * Proves that damage to a record which nobody needs costs nothing that somebody needs: neither the records behind it, nor
 * the value of another one, nor the order of the keys.
 */
import { utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import { UNIT_LOG2 } from '../../src/format/geometry.ts';
import { RECORD_HEADER_BYTES, RecordType } from '../../src/format/record.ts';
import type { CompactionReport, LogStore } from '../../src/index.ts';
import { MemoryFileSystem } from '../../src/testing/index.ts';
import { set } from '../session/repair-scripts.ts';
import { openTrialStore, TRIAL_COMPACTION, type TrialOptions } from '../trial-store.ts';

const FIRST = 128;
const ALL = { lower: undefined, lowerInclusive: true, upper: undefined, upperInclusive: true };

/** Nothing is compacted unless it is asked for. */
const options = { compaction: { ...TRIAL_COMPACTION, garbageRatio: 1 } };

interface Trial {
  readonly memory: MemoryFileSystem;
  readonly store: LogStore;
  /** The first segment, whose pages have left memory. */
  readonly path: string;
}

/** In the first segment `often`, which is written again, and `kept`. */
function trialOf(more: Partial<TrialOptions> = {}, length = 100, prepare?: (store: LogStore) => void): Trial {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ ...options, ...more, fileSystem: memory });
  store.apply([set('often', 1, length)]);
  store.apply([set('kept', 2, length)]);
  prepare?.(store);
  for (let key = 0; key < 40; key += 1) store.apply([set(`key ${key}`, key + 3, 1800)]);
  store.apply([set('often', 100, 1000)]);
  store.commit(true);
  return { memory, store, path: store.stats().segments[0]!.path };
}

function alter({ memory, path }: Trial, change: (view: DataView, second: number) => void): void {
  const bytes = memory.bytesOf(path).slice();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  change(view, FIRST + (view.getUint16(FIRST, true) << UNIT_LOG2));
  memory.replaceDurable(path, bytes);
}

function compact(store: LogStore): CompactionReport {
  const pass = store.compactor.begin(true);
  while (pass.step());
  return pass.report;
}

test('a length that leads over the next record is met, and the segment stays', () => {
  const trial = trialOf();
  alter(trial, (view, second) => {
    const [one, two] = [view.getUint16(FIRST, true), view.getUint16(second, true)];
    view.setUint16(FIRST, one + two, true);
  });
  const { store, path } = trial;
  expect(compact(store).damages).toMatchObject([{ code: 'STORAGE_CORRUPT', details: { path } }]);
  expect(store.stats().segments[0]!.path).toBe(path);
  expect(store.read(utf8('kept'))?.value).toHaveLength(100);
});

test('a record that a flipped bit makes padding is not taken for it', () => {
  const trial = trialOf();
  alter(trial, (view, second) => view.setUint8(second + 2, RecordType.pad));
  const { store, path } = trial;
  expect(compact(store).damages).toMatchObject([{ code: 'STORAGE_CORRUPT', details: { path } }]);
  expect(store.stats().segments[0]!.path).toBe(path);
  expect(() => store.read(utf8('kept'))).toThrow('damaged');
});

test('a replaced record that names the value of another one does not take it away', () => {
  const trial = trialOf({ orderedBytesMax: 0 }, 40_000, (store) => void store.apply([set('key 0', 3, 1000)]));
  alter(trial, (view) => {
    // Behind the header and eight bytes of key.
    const pointer = FIRST + RECORD_HEADER_BYTES + 8;
    expect(view.getUint32(pointer, true)).toBe(1);
    view.setUint32(pointer, 2, true);
  });
  const { store, path } = trial;
  compact(store);
  expect(store.stats().segments.map((segment) => segment.path)).not.toContain(path);
  expect(store.read(utf8('kept'))?.value).toHaveLength(40_000);
});

test('a replaced record whose key cannot be read does not stay in the order of the keys', () => {
  const trial = trialOf({}, 100, (store) => void store.collectKeys(ALL, false, 10));
  alter(trial, (view) => view.setUint8(FIRST + RECORD_HEADER_BYTES, 0));
  const { store, path } = trial;
  compact(store);
  expect(store.stats().segments.map((segment) => segment.path)).not.toContain(path);
  const keys = store.collectKeys(ALL, false, 100).map((key) => new TextDecoder().decode(key));
  expect(keys).toEqual(['often', 'kept', ...Array.from({ length: 40 }, (_, key) => `key ${key}`)].toSorted());
});
