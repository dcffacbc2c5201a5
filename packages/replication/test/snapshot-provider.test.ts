/**
 * Proves that the seam is enough to fill a replica: what knows nothing but `CommandSubmitter` and `SnapshotProvider`
 * moves the state of one store to another, which then decides the same.
 */

import { digestState, utf8, type SingleCommand } from '@htkv/state';
import { expect, test } from 'vitest';

import type { CommandSubmitter } from '../src/command-submitter.ts';
import type { SnapshotProvider } from '../src/snapshot-provider.ts';
import { KvStore } from './kv-store.ts';

type Store = CommandSubmitter & SnapshotProvider;

const digest = (store: SnapshotProvider): string => digestState(store.snapshotState(), { tombstones: true });

/** All that a log does to bring in a store. */
async function fill(target: Store, source: Store): Promise<number> {
  const snapshot = await source.takeSnapshot();
  await target.installSnapshot(snapshot);
  snapshot[Symbol.dispose]();
  return snapshot.position.lastSequence;
}

test('a store is filled through the seam, and goes on like the other one', async () => {
  const [source, target]: Store[] = [new KvStore(), new KvStore()];
  await source!.submit({ type: 'set', key: utf8('a'), value: utf8('1') });
  await source!.submit({ type: 'set', key: utf8('b'), value: utf8('2'), expiresAt: 1 });
  await source!.submit({ type: 'delete', key: utf8('a'), version: 9 });
  expect(await fill(target!, source!)).toBe(3);
  expect([target!.latestSequence(), target!.latestVersion()]).toEqual([3, 9]);
  expect(digest(target!)).toBe(digest(source!));

  const later: SingleCommand[] = [
    { type: 'set', key: utf8('a'), value: utf8('late'), version: 8 },
    { type: 'set', key: utf8('c'), value: utf8('3') },
    { type: 'set', key: utf8('c'), value: utf8('4'), ifAbsent: true },
  ];
  for (const store of [source!, target!]) {
    const outcomes = await Promise.all(later.map((command) => store.submit(command)));
    expect(outcomes).toEqual(['ignoredStale', 'applied', 'conflict']);
  }
  expect(digest(target!)).toBe(digest(source!));
});

test('a snapshot is of the moment at which it was taken', async () => {
  const [source, target] = [new KvStore(), new KvStore()];
  await source.submit({ type: 'set', key: utf8('a'), value: utf8('before') });
  const before = digest(source);
  const snapshot = await source.takeSnapshot();
  await source.submit({ type: 'set', key: utf8('a'), value: utf8('after') });
  await target.installSnapshot(snapshot);
  expect(digest(target)).toBe(before);
});
