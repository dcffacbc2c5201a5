/** A snapshot for the duration of one call. */
import { ArgumentTypeError } from '@htkv/state';

import type { KvSnapshot } from '../kv-reader.ts';

/**
 * Calls `read` with `view` and disposes it. Throws a `TypeError` if `read` returns a promise: what it does later would
 * find the snapshot disposed.
 */
export function readWith<Result>(view: KvSnapshot, read: (view: KvSnapshot) => Result): Result {
  // Not by a declaration with `using`, which the oldest supported Node does not know.
  let result: Result;
  try {
    result = read(view);
  } finally {
    view[Symbol.dispose]();
  }
  if (!isPromise(result)) return result;
  // It fails as soon as it reads on, and the caller is told here.
  result.then(undefined, () => undefined);
  throw new ArgumentTypeError('expected a function that returns no promise; use snapshot() to read on later');
}

/** Throws a `TypeError` unless `read` is a function. */
export function checkFunction(read: unknown, name: string): void {
  if (typeof read === 'function') return;
  throw new ArgumentTypeError(
    `expected ${name} to be a function, got ${read === null ? 'null' : `a ${typeof read}`}`,
  );
}

export function isPromise(result: unknown): result is PromiseLike<unknown> {
  return (
    typeof result === 'object' && result !== null && 'then' in result && typeof result.then === 'function'
  );
}
