/**
 * No replication: every call fails and says so. It stands where a handle is required and nobody should use it.
 */

import type { StateView } from '@htkv/state';
import { CodedError } from '@htkv/state';

import type { ReplicationHandle } from './replication-handle.ts';

/** Every call fails with the code `REPLICATION_UNIMPLEMENTED`: promises reject, the other calls throw. */
export class NullReplication implements ReplicationHandle {
  submit(): Promise<never> {
    return Promise.reject(unimplemented('replication::submit'));
  }

  submitBatch(): Promise<never> {
    return Promise.reject(unimplemented('replication::submit_batch'));
  }

  latestSnapshot(): StateView {
    throw unimplemented('replication::latest_snapshot');
  }

  latestVersion(): number {
    throw unimplemented('replication::latest_version');
  }
}

function unimplemented(feature: string): CodedError<'REPLICATION_UNIMPLEMENTED'> {
  return new CodedError('REPLICATION_UNIMPLEMENTED', `feature unimplemented: ${feature}`, {
    details: { feature },
  });
}
