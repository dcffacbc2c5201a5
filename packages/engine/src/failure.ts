/**
 * The operating errors of the engine. What the store below reports keeps its code where it means the same here;
 * a failed write or sync becomes one of two: certainly not committed, or unknown.
 */
import { CodedError, errorCode } from '@htkv/state';

/** The engine was closed. Nothing was done. */
export function engineClosed(cause?: unknown): CodedError {
  return new CodedError('ENGINE_CLOSED', 'the engine is closed', { cause });
}

/** The snapshot was disposed. Nothing was done. */
export function snapshotDisposed(): CodedError {
  return new CodedError('ENGINE_SNAPSHOT_DISPOSED', 'the snapshot is disposed');
}

/** The write was not committed, and no write will be until the store is opened again. */
export function enginePoisoned(cause: unknown): CodedError {
  return new CodedError(
    'ENGINE_POISONED',
    'not committed: after a failed write or sync the engine takes no writes until it is opened again',
    { cause },
  );
}

/** The write may or may not survive: its group failed while it was being made durable. */
export function commitUnknown(cause: unknown): CodedError {
  return new CodedError(
    'ENGINE_COMMIT_UNKNOWN',
    'the write may or may not be committed: writing or syncing its commit group failed',
    { cause },
  );
}

/** Writes of this thread were taken back when another one found no room. */
export function writesRevoked(): CodedError {
  return new CodedError('STORAGE_NO_SPACE', 'no space left for the commit group: the write is not committed');
}

/** What the failure of making a group durable means to those who wait for it. */
export function commitFailure(cause: unknown): CodedError {
  if (errorCode(cause) === 'STORAGE_ENDED') return engineClosed(cause);
  return isNoSpace(cause) ? cause : commitUnknown(cause);
}

/**
 * What the failure of applying a write means to its caller: it is not committed in any case, and no other will be if
 * the store is poisoned. Otherwise the store's own error says it: no room, or a record that could not be read.
 */
export function applyFailure(cause: Error, isPoisoned: boolean): Error {
  if (errorCode(cause) === 'STORAGE_ENDED') return engineClosed(cause);
  const hasStoppedWriting = isPoisoned && ['STORAGE_IO', 'STORAGE_POISONED'].includes(errorCode(cause) ?? '');
  return hasStoppedWriting ? enginePoisoned(cause) : cause;
}

function isNoSpace(cause: unknown): cause is CodedError {
  return errorCode(cause) === 'STORAGE_NO_SPACE';
}
