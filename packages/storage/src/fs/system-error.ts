/**
 * Errors in the shape of Node's own, for what an implementation of the file-system seam finds out itself: a closed
 * file, a directory where a file was expected, a fault that a test asked for. Callers cannot tell them apart from
 * errors of the operating system, and need not.
 */

import { getSystemErrorMap } from 'node:util';

/** An `Error` as `node:fs` throws it. */
export interface SystemError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  readonly path: string;
}

/**
 * Builds an error with the `code` (`EIO`, `ENOENT`, ...), number and wording of this platform. `note` replaces the
 * platform's words where it can say more. An unknown `code` is a `RangeError`: a test asked for a fault that no
 * operating system reports.
 */
export function systemError(code: string, syscall: string, path: string, note?: string): SystemError {
  const known = [...getSystemErrorMap()].find(([, [name]]) => name === code);
  if (known === undefined) throw new RangeError(`expected the code of a system error, got ${code}`);
  const [errno, [, words]] = known;
  const error = new Error(`${code}: ${note ?? words}, ${syscall} '${path}'`);
  return Object.assign(error, { code, errno, syscall, path });
}
