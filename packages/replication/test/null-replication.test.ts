/**
 * Proves that every call on `NullReplication` fails with the same stable code and names what is missing, in the way
 * that its kind of call fails: promises reject, the others throw.
 */

import { utf8 } from '@htkv/state';
import { describe, expect, test } from 'vitest';

import type { ReplicationHandle } from '../src/replication-handle.ts';
import { NullReplication } from '../src/null-replication.ts';

const handle: ReplicationHandle = new NullReplication();
const removal = { type: 'delete', key: utf8('k') } as const;

function unimplemented(feature: string): unknown {
  return expect.objectContaining({
    name: 'CodedError',
    code: 'REPLICATION_UNIMPLEMENTED',
    message: `feature unimplemented: ${feature}`,
    details: { feature },
  });
}

describe('NullReplication', () => {
  test('rejects submit, for a single command and for a batch', async () => {
    await expect(handle.submit(removal)).rejects.toEqual(unimplemented('replication::submit'));
    const batch = { type: 'batch', commands: [removal] } as const;
    await expect(handle.submit(batch)).rejects.toEqual(unimplemented('replication::submit'));
  });

  test('rejects submitBatch', async () => {
    await expect(handle.submitBatch([removal])).rejects.toEqual(unimplemented('replication::submit_batch'));
  });

  test('throws from latestSnapshot and latestVersion', () => {
    expect(() => handle.latestSnapshot()).toThrow(unimplemented('replication::latest_snapshot'));
    expect(() => handle.latestVersion()).toThrow(unimplemented('replication::latest_version'));
  });
});
