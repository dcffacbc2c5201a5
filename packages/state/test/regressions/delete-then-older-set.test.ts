/**
 * An earlier system forgot the version of a delete: after `Delete@20`, `Set@5` was applied, while the replay of the
 * same log dropped it, so the live store and the reopened one disagreed. The tombstone keeps the version.
 */

import { utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import { KvState } from '../../src/kv-state.ts';
import { remove, set } from '../commands.ts';

test('Delete@20 then Set@5 leaves the key absent, live and after replay', () => {
  const commands = [
    set('k', 'old', 10),
    remove('k', 20),
    set('k', 'late', 5),
    remove('n', 20),
    set('n', 'late', 5),
  ];
  const live = new KvState();
  const outcomes = commands.map((command) => live.apply(command));
  expect(outcomes).toEqual(['applied', 'removed', 'ignoredStale', 'removed', 'ignoredStale']);
  expect(live.has(utf8('k'))).toBe(false);
  expect(live.has(utf8('n'))).toBe(false);

  const replayed = new KvState();
  expect(commands.map((command) => replayed.apply(command))).toEqual(outcomes);
  expect([...replayed.entries()]).toEqual([...live.entries()]);
  expect([...replayed.tombstones()]).toEqual([...live.tombstones()]);
});

test('a state that is filled from entries and tombstones ignores the older set as well', () => {
  const source = new KvState();
  source.apply(remove('k', 20));
  const filled = new KvState();
  for (const [key, tombstone] of source.tombstones()) filled.insertSnapshot(key, tombstone);
  expect(filled.apply(set('k', 'late', 5))).toBe('ignoredStale');
  expect(filled.apply(set('k', 'new', 21))).toBe('applied');
});
