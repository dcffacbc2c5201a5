/**
 * Proves the table of outcomes for one set or delete, row by row, by asking `decide` about every kind of key: never
 * written, present, expired by the command's own time, deleted.
 */

import { utf8 } from '@htkv/base';
import { describe, expect, test } from 'vitest';

import { decide } from '../src/decide.ts';
import type { EntryHead } from '../src/entry.ts';
import { KvState } from '../src/kv-state.ts';
import { MemoryEntries } from '../src/memory-entries.ts';
import { remove, set } from './commands.ts';

const present: EntryHead = { version: 7, timestamp: 500, deleted: false };
const lasting: EntryHead = { version: 7, timestamp: 500, expiresAt: 1001, deleted: false };
const expired: EntryHead = { version: 7, timestamp: 500, expiresAt: 1000, deleted: false };
const tombstone: EntryHead = { version: 7, timestamp: 500, deleted: true };
const records = { present, lasting, expired, tombstone };

describe('versions', () => {
  test('set of an absent key is applied', () => {
    expect(decide(set('a', '1', 1), undefined)).toBe('applied');
  });

  test('delete of an absent key is removed', () => {
    expect(decide(remove('a', 1), undefined)).toBe('removed');
  });

  for (const [name, head] of Object.entries(records)) {
    test(`set with a newer version over ${name} is applied`, () => {
      expect(decide(set('a', '1', 8), head)).toBe('applied');
    });

    test(`delete with a newer version over ${name} is removed`, () => {
      expect(decide(remove('a', 8), head)).toBe('removed');
    });

    test(`set or delete with the same or an older version over ${name} is ignored as stale`, () => {
      for (const version of [1, 6, 7]) {
        expect(decide(set('a', '1', version), head)).toBe('ignoredStale');
        expect(decide(remove('a', version), head)).toBe('ignoredStale');
      }
    });
  }

  test('versions up to the highest safe integer are compared exactly', () => {
    const head = { ...present, version: Number.MAX_SAFE_INTEGER - 1 };
    expect(decide(set('a', '1', Number.MAX_SAFE_INTEGER), head)).toBe('applied');
    expect(decide(set('a', '1', Number.MAX_SAFE_INTEGER - 1), head)).toBe('ignoredStale');
  });
});

describe('conditions', () => {
  test('ifAbsent holds for a key that was never written, deleted or expired', () => {
    for (const head of [undefined, tombstone, expired]) {
      expect(decide(set('a', '1', 8, { ifAbsent: true }), head)).toBe('applied');
    }
  });

  test('ifAbsent does not hold for a present key', () => {
    for (const head of [present, lasting]) {
      expect(decide(set('a', '1', 8, { ifAbsent: true }), head)).toBe('conflict');
    }
  });

  test('ifPresent holds for a present key', () => {
    for (const head of [present, lasting]) {
      expect(decide(set('a', '1', 8, { ifPresent: true }), head)).toBe('applied');
      expect(decide(remove('a', 8, { ifPresent: true }), head)).toBe('removed');
    }
  });

  test('ifPresent does not hold for a key that was never written, deleted or expired', () => {
    for (const head of [undefined, tombstone, expired]) {
      expect(decide(set('a', '1', 8, { ifPresent: true }), head)).toBe('conflict');
      expect(decide(remove('a', 8, { ifPresent: true }), head)).toBe('conflict');
    }
  });

  test('ifVersion holds for a present key with that very version', () => {
    for (const head of [present, lasting]) {
      expect(decide(set('a', '1', 8, { ifVersion: 7 }), head)).toBe('applied');
      expect(decide(remove('a', 8, { ifVersion: 7 }), head)).toBe('removed');
      expect(decide(set('a', '1', 8, { ifVersion: 6 }), head)).toBe('conflict');
      expect(decide(remove('a', 9, { ifVersion: 8 }), head)).toBe('conflict');
    }
  });

  test('ifVersion does not hold for an absent key, not even with the version of its tombstone', () => {
    for (const head of [undefined, tombstone, expired]) {
      expect(decide(set('a', '1', 8, { ifVersion: 7 }), head)).toBe('conflict');
      expect(decide(remove('a', 8, { ifVersion: 7 }), head)).toBe('conflict');
    }
  });

  test('a condition that does not hold is a conflict even where the version is stale too', () => {
    expect(decide(set('a', '1', 3, { ifAbsent: true }), present)).toBe('conflict');
    expect(decide(remove('a', 3, { ifPresent: true }), tombstone)).toBe('conflict');
  });

  test('a condition that holds does not help a stale version', () => {
    expect(decide(set('a', '1', 7, { ifVersion: 7 }), present)).toBe('ignoredStale');
    expect(decide(set('a', '1', 7, { ifAbsent: true }), tombstone)).toBe('ignoredStale');
  });

  test('a condition that is false is none', () => {
    expect(decide(set('a', '1', 8, { ifAbsent: false, ifPresent: false }), present)).toBe('applied');
    expect(decide(remove('a', 8, { ifPresent: false }), undefined)).toBe('removed');
  });
});

describe('expiry', () => {
  test('now is the time of the command: an entry is expired from its deadline on', () => {
    const head = { ...present, expiresAt: 2000 };
    const outcomes = [1999, 2000, 2001].map((timestamp) =>
      decide(set('a', '1', 8, { timestamp, ifAbsent: true }), head),
    );
    expect(outcomes).toEqual(['conflict', 'applied', 'applied']);
  });

  test('a set that expires before its own time is applied all the same', () => {
    expect(decide(set('a', '1', 8, { expiresAt: 0 }), present)).toBe('applied');
  });
});

describe('with a grace', () => {
  const grace = 100;
  const times = [1_099, 1_100, 1_101];

  test('a tombstone makes older versions stale until it is over', () => {
    const head = { version: 7, timestamp: 1_000, deleted: true };
    const outcomes = times.map((timestamp) => decide(set('a', '1', 6, { timestamp }), head, grace));
    expect(outcomes).toEqual(['ignoredStale', 'applied', 'applied']);
    expect(decide(remove('a', 6, { timestamp: 1_100 }), head, grace)).toBe('removed');
    expect(decide(set('a', '1', 6, { timestamp: 1_000_000 }), head)).toBe('ignoredStale');
  });

  test('an entry that has expired does so too, counted from its deadline', () => {
    const head = { version: 7, timestamp: 5, expiresAt: 1_000, deleted: false };
    const outcomes = times.map((timestamp) => decide(set('a', '1', 6, { timestamp }), head, grace));
    expect(outcomes).toEqual(['ignoredStale', 'applied', 'applied']);
  });

  test('an entry without a deadline is never forgotten, and conditions do not hold for what is', () => {
    expect(decide(set('a', '1', 7, { timestamp: 1_000_000 }), present, grace)).toBe('ignoredStale');
    const head = { version: 7, timestamp: 1_000, deleted: true };
    expect(decide(set('a', '1', 6, { timestamp: 1_100, ifVersion: 7 }), head, grace)).toBe('conflict');
    expect(decide(set('a', '1', 6, { timestamp: 1_100, ifPresent: true }), head, grace)).toBe('conflict');
    expect(decide(set('a', '1', 6, { timestamp: 1_100, ifAbsent: true }), head, grace)).toBe('applied');
  });

  test('a batch goes by the time of each item, and by what earlier items left', () => {
    const state = new KvState(new MemoryEntries(), { graceMs: grace });
    const outcomes = state.apply({
      type: 'batch',
      commands: [
        remove('a', 7, { timestamp: 1_000 }),
        set('a', '1', 6, { timestamp: 1_099 }),
        set('a', '2', 5, { timestamp: 1_100 }),
      ],
    });
    expect(outcomes).toEqual(['removed', 'ignoredStale', 'applied']);
    expect(state.head(utf8('a'))?.version).toBe(5);
  });
});

test('a command that was not stamped is refused as a broken invariant', () => {
  expect(() => decide(set('a', '1', Number.NaN), undefined)).toThrow('invariant violated');
  expect(() => decide(set('a', '1', 0), undefined)).toThrow('invariant violated');
  expect(() => decide(remove('a', 1, { timestamp: 0.5 }), undefined)).toThrow('invariant violated');
});
