/**
 * A range query remembered how far it had followed the log. Then a device ran full, the only group of a segment was taken
 * back, and the segment went on from its header: the next range query began in the middle of a record, took the bytes
 * of its value for records, and failed as if memory were damaged.
 */
import { utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import { FaultyFileSystem, MemoryFileSystem } from '../../src/testing/index.ts';
import { openTrialStore } from '../trial-store.ts';

const EVERYTHING = { lower: undefined, lowerInclusive: true, upper: undefined, upperInclusive: true };

test('a range query after writes were taken back finds what was written in their place', () => {
  const disk = new FaultyFileSystem(new MemoryFileSystem());
  const store = openTrialStore({ fileSystem: disk, maxSegmentSize: 2 ** 16 });
  const set = (name: string, value: Uint8Array): void => {
    store.apply([{ type: 'set', key: utf8(name), value, version: 1, timestamp: 0 }]);
  };
  const present = (): string[] =>
    store
      .collectKeys(EVERYTHING, false, 100)
      .filter((key) => store.head(key) !== undefined)
      .map((key) => new TextDecoder().decode(key));
  set('a', new Uint8Array(100));
  set('b', new Uint8Array(100));
  expect(present()).toEqual(['a', 'b']);
  disk.plan({ at: 1, kinds: ['write'], code: 'ENOSPC' });
  expect(() => store.commit(true)).toThrow('no space');
  // Where the log had ended before, the value looks like a record with an impossible key.
  const value = new Uint8Array(2000);
  for (let at = 8; at < value.length; at += 64) value.set([4, 0, 1, 0, 255, 255], at);
  set('c', value);
  set('d', new Uint8Array(300));
  expect(present()).toEqual(['c', 'd']);
});
