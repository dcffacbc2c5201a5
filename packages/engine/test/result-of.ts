/** What became of a call: what it returned, or the code of its error. */

import { errorCode } from '@htkv/engine';

export async function resultOf<Value>(promise: Promise<Value>): Promise<Value | string> {
  try {
    return await promise;
  } catch (error) {
    return codeOf(error);
  }
}

export function resultOfSync<Value>(call: () => Value): Value | string {
  try {
    return call();
  } catch (error) {
    return codeOf(error);
  }
}

/** The error that a call throws; fails if it throws none. */
export function errorOf(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('expected the call to throw an error');
}

function codeOf(error: unknown): string {
  const code = errorCode(error);
  if (code === undefined) throw error;
  return code;
}
