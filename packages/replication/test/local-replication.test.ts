/**
 * Proves that `LocalReplication` passes commands, options, outcomes, snapshots and errors through unchanged, with
 * the smallest possible store behind it.
 */

import { utf8 } from '@htkv/state';
import { describe, expect, test } from 'vitest';

import { LocalReplication } from '../src/local-replication.ts';
import { KvStore } from './kv-store.ts';

const set = { type: 'set', key: utf8('k'), value: utf8('v') } as const;
const removal = { type: 'delete', key: utf8('k') } as const;

describe('LocalReplication', () => {
  test('forwards single commands and batches with their options', async () => {
    const store = new KvStore();
    const handle = new LocalReplication(store);
    const batch = { type: 'batch', commands: [removal, set], atomic: 'allOrNothing' } as const;
    expect(await handle.submit(set, { durability: 'os' })).toBe('applied');
    expect(await handle.submit(removal)).toBe('removed');
    expect(await handle.submit(batch)).toEqual(['removed', 'applied']);
    expect(store.calls).toEqual([
      { command: set, options: { durability: 'os' } },
      { command: removal, options: undefined },
      { command: batch, options: undefined },
    ]);
    expect(store.calls[0]?.command).toBe(set);
  });

  test('forwards submitBatch with both of its modes', async () => {
    const handle = new LocalReplication(new KvStore());
    const commands = [set, { ...set, version: 1 }];
    const failed = await handle.submitBatch(commands, { atomic: 'allOrNothing' });
    expect(failed).toEqual(['applied', 'ignoredStale']);
    expect(handle.latestSnapshot().has(utf8('k'))).toBe(false);
    expect(await handle.submitBatch(commands)).toEqual(['applied', 'ignoredStale']);
    expect(handle.latestSnapshot().get(utf8('k'))).toEqual(utf8('v'));
  });

  test('hands out the snapshot and the latest version of the store', async () => {
    const handle = new LocalReplication(new KvStore());
    expect(handle.latestVersion()).toBe(0);
    await handle.submit({ ...set, version: 41 });
    expect(handle.latestVersion()).toBe(41);
    const snapshot = handle.latestSnapshot();
    await handle.submit(removal);
    expect(snapshot.get(utf8('k'))).toEqual(utf8('v'));
    expect(handle.latestSnapshot().has(utf8('k'))).toBe(false);
  });

  test('passes on the very error of the store', async () => {
    const failure = new Error('disk full');
    const store = new KvStore();
    store.submitBatch = () => Promise.reject(failure);
    const handle = new LocalReplication(store);
    await expect(handle.submitBatch([set])).rejects.toBe(failure);
    const { key } = set;
    const malformed = handle.submit({ type: 'set', key, value: 'text' as unknown as Uint8Array });
    await expect(malformed).rejects.toMatchObject({
      code: 'VALIDATION_TYPE',
      message: 'expected value to be a Uint8Array, got a string',
    });
  });
});
