/**
 * The operating errors of the store, each with a stable code that `docs/errors.md` explains. Messages say what was
 * expected, what was found and where; never a key or a value.
 */
import { CodedError, errorCode } from '@htkv/base';

/** The bytes of a file that was proven durable do not check out. `offset` is in bytes. */
export function corrupt(
  path: string,
  offset: number,
  expected: string,
  actual: string,
  cause?: unknown,
): CodedError {
  return new CodedError(
    'STORAGE_CORRUPT',
    `${path} is damaged at byte ${offset}: expected ${expected}, found ${actual}`,
    {
      details: { path, offset, expected, actual },
      cause,
    },
  );
}

/** A file in the directory that this store did not write. */
export function foreignFile(path: string, why: string): CodedError {
  return new CodedError('STORAGE_FOREIGN_FILE', `${path} does not belong to this store: ${why}`, {
    details: { path },
  });
}

const NO_SPACE = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** `EDQUOT` of Linux and of macOS: Node knows no name for it and says `Unknown system error`. */
const QUOTA_ERRNOS = new Set([-122, -69]);

/** Whether an error of the file system says that there is no room. */
export function isNoSpace(error: unknown): boolean {
  return NO_SPACE.has(errorCode(error) ?? '') || QUOTA_ERRNOS.has(errnoOf(error) ?? 0);
}

/** A write was refused for want of space; nothing of it is committed. */
export function noSpace(path: string, cause: unknown): CodedError {
  return new CodedError('STORAGE_NO_SPACE', `no space left for ${path}: the write is not committed`, {
    details: { path },
    cause,
  });
}

/** A write is refused because there was no room before, and there still is none; it was not tried. */
export function noRoomYet(path: string): CodedError {
  return new CodedError('STORAGE_NO_SPACE', `${path} takes no writes until there is room: not committed`, {
    details: { path },
  });
}

/** The operating system failed to read, write or sync. */
export function ioFailure(path: string, operation: string, cause: unknown): CodedError {
  const reason = errorCode(cause) ?? String(cause);
  return new CodedError('STORAGE_IO', `cannot ${operation} ${path}: ${reason}`, {
    details: { path, operation },
    cause,
  });
}

/** A store whose threads cannot be joined by others. */
export function notShared(expected: string): CodedError {
  return new CodedError('STORAGE_NOT_SHARED', `the store cannot be shared between threads: ${expected}`);
}

/** The thread that opened the store has closed it. */
export function storeEnded(): CodedError {
  return new CodedError('STORAGE_ENDED', 'the thread that opened the store has closed it');
}

/** Whether an error is the operating system's, as `ENOENT` or `EIO`, and not ours, a mistake or a broken promise. */
export function isSystemFailure(error: unknown): boolean {
  return errnoOf(error) !== undefined || /^E[A-Z0-9]+$/.test(errorCode(error) ?? '');
}

function errnoOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('errno' in error)) return undefined;
  return typeof error.errno === 'number' ? error.errno : undefined;
}

/** Wraps what a file system throws; an error that already has our meaning passes unchanged. */
export function wrapFailure(path: string, operation: string, error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  return isNoSpace(error) ? noSpace(path, error) : ioFailure(path, operation, error);
}

/** Whether a failure left everything as it was for want of room. */
export function isNoSpaceFailure(error: unknown): boolean {
  return errorCode(error) === 'STORAGE_NO_SPACE';
}
