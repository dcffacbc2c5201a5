/**
 * Proves that records in memory belong to nobody else: bytes are copied in and out, Node's buffers included. And that
 * reads, order, size and deadlines are what the view promises.
 */

import { utf8 } from '@htkv/base';
import { describe, expect, test } from 'vitest';

import { BEFORE_EVERY_DEADLINE } from '../src/entry.ts';
import { KvState } from '../src/kv-state.ts';
import { MemoryEntries } from '../src/memory-entries.ts';
import { remove, set } from './commands.ts';

function keysOf(state: KvState, now?: number): number[][] {
  return Array.from(state.entries(now), ([key]) => [...key]);
}

describe('ownership', () => {
  test.each([
    ['Uint8Array', (bytes: number[]) => Uint8Array.from(bytes)],
    ['Buffer', (bytes: number[]) => Buffer.from(bytes)],
  ])('a %s that is written can be changed afterwards', (_, make) => {
    const entries = new MemoryEntries();
    const key = make([1, 2]);
    const value = make([3, 4]);
    entries.commit([{ type: 'set', key, value, version: 1, timestamp: 0 }]);
    key[0] = 9;
    value[0] = 9;
    expect(entries.get(Uint8Array.of(1, 2))).toEqual(Uint8Array.of(3, 4));
    expect(Array.from(entries.entries(), ([stored]) => stored)).toEqual([Uint8Array.of(1, 2)]);
  });

  test('what is read can be changed', () => {
    const entries = new MemoryEntries();
    entries.commit([set('k', 'v', 1)]);
    entries.get(utf8('k'))?.fill(0);
    entries.getEntry(utf8('k'))?.value.fill(0);
    for (const [key, entry] of entries.entries()) {
      key.fill(0);
      entry.value.fill(0);
    }
    expect(entries.get(utf8('k'))).toEqual(utf8('v'));
    entries.commit([remove('k', 2)]);
    for (const [key] of entries.tombstones()) key.fill(0);
    expect(Array.from(entries.tombstones(), ([key]) => key)).toEqual([utf8('k')]);
  });
});

describe('reads', () => {
  test('of a key that was never written or was deleted find nothing', () => {
    const state = new KvState();
    state.apply(set('gone', 'v', 1));
    state.apply(remove('gone', 2));
    for (const key of [utf8('gone'), utf8('never')]) {
      expect(state.get(key)).toBeUndefined();
      expect(state.has(key)).toBe(false);
      expect(state.getEntry(key)).toBeUndefined();
    }
    expect(state.head(utf8('never'))).toBeUndefined();
    expect(state.head(utf8('gone'))).toMatchObject({ version: 2, timestamp: 1000, deleted: true });
  });

  test('of an entry give all that was set, and no deadline where there is none', () => {
    const state = new KvState();
    state.apply(set('a', 'one', 3, { timestamp: 5 }));
    state.apply(set('b', 'two', 4, { timestamp: 6, expiresAt: 7 }));
    expect(state.getEntry(utf8('a'))).toStrictEqual({ value: utf8('one'), version: 3, timestamp: 5 });
    expect(state.getEntry(utf8('b'))).toStrictEqual({
      value: utf8('two'),
      version: 4,
      timestamp: 6,
      expiresAt: 7,
    });
    expect(state.latestVersion()).toBe(4);
  });

  test('see an empty value as present', () => {
    const state = new KvState();
    state.apply(set('', '', 1));
    expect(state.get(utf8(''))).toEqual(new Uint8Array(0));
    expect(state.size).toBe(1);
  });

  test('judge deadlines by the moment they are asked about', () => {
    const state = new KvState();
    state.apply(set('k', 'v', 1, { expiresAt: 2000 }));
    const at = (now?: number): unknown[] => [
      state.has(utf8('k'), now),
      state.get(utf8('k'), now) !== undefined,
      state.getEntry(utf8('k'), now) !== undefined,
      keysOf(state, now).length === 1,
    ];
    expect(at(1999)).toEqual([true, true, true, true]);
    expect(at(2000)).toEqual([false, false, false, false]);
    expect(at()).toEqual([true, true, true, true]);
    expect(at(BEFORE_EVERY_DEADLINE)).toEqual([true, true, true, true]);
    expect(state.size).toBe(1);
  });
});

describe('iteration', () => {
  test('is in unsigned byte order, a key before its extensions', () => {
    const state = new KvState();
    const keys = [[255], [], [0], [1, 0], [1], [127], [128], [0, 0], [1, 255], [254, 255]];
    keys.forEach((key, index) => {
      state.apply({
        type: 'set',
        key: Uint8Array.from(key),
        value: new Uint8Array(0),
        version: index + 1,
        timestamp: 0,
      });
    });
    expect(keysOf(state)).toEqual([[], [0], [0, 0], [1], [1, 0], [1, 255], [127], [128], [254, 255], [255]]);
  });

  test('shows the state of its start', () => {
    const state = new KvState();
    state.apply(set('a', 'old', 1));
    state.apply(set('b', 'old', 1));
    const entries = state.entries();
    const tombstones = state.tombstones();
    state.apply(set('b', 'new', 2));
    state.apply(remove('a', 2));
    state.apply(set('c', 'new', 1));
    expect(Array.from(entries, ([key, entry]) => [key, entry.value])).toEqual([
      [utf8('a'), utf8('old')],
      [utf8('b'), utf8('old')],
    ]);
    expect([...tombstones]).toEqual([]);
    expect(keysOf(state)).toHaveLength(2);
    expect([...state.tombstones()]).toHaveLength(1);
  });

  test('and size follow keys that come, go and come back', () => {
    const state = new KvState();
    const sizes = [set('a', 'x', 1), set('a', 'y', 2), remove('a', 3), remove('a', 4), set('a', 'z', 5)].map(
      (command) => {
        state.apply(command);
        return [state.size, keysOf(state).length];
      },
    );
    expect(sizes).toEqual([
      [1, 1],
      [1, 1],
      [0, 0],
      [0, 0],
      [1, 1],
    ]);
  });
});

describe('filling from a snapshot', () => {
  test('installs records as they are, whatever was there', () => {
    const state = new KvState();
    state.apply(set('a', 'newer', 9));
    state.insertSnapshot(utf8('a'), { value: utf8('older'), version: 2, timestamp: 1, expiresAt: 5 });
    expect(state.getEntry(utf8('a'))).toEqual({
      value: utf8('older'),
      version: 2,
      timestamp: 1,
      expiresAt: 5,
    });
    state.insertSnapshot(utf8('a'), { deleted: true, version: 1, timestamp: 1 });
    expect(state.has(utf8('a'))).toBe(false);
    expect(state.size).toBe(0);
  });

  test('copies a whole state, expired entries and tombstones included', () => {
    const origin = new KvState();
    origin.apply(set('a', 'x', 5, { expiresAt: 1 }));
    origin.apply(remove('b', 6));
    const copy = KvState.from(origin);
    expect(copy.apply(set('a', 'late', 5))).toBe('ignoredStale');
    expect(copy.apply(set('b', 'late', 6))).toBe('ignoredStale');
    copy.apply(set('c', 'own', 1));
    expect(origin.has(utf8('c'))).toBe(false);
    expect(copy.latestVersion()).toBe(6);
  });
});
