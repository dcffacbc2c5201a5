/**
 * The error classes for what goes wrong in every layer without the code being wrong.
 *
 * Three families of failure are kept apart: a programmer's mistake at our edge is a `TypeError` or `RangeError`, with
 * a code as well ({@link ArgumentTypeError}, {@link ArgumentRangeError}); an operating error is a {@link CodedError};
 * a broken promise inside the code is an `InvariantError` (see `assert.ts`). Callers compare `error.code`, never
 * `instanceof`, because two copies of a package may be installed side by side.
 */

/** Facts that go with a code: a path, an offset, what was expected and found. Never a key, a value or a secret. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | undefined>>;

export interface CodedErrorOptions {
  readonly details?: ErrorDetails;
  readonly cause?: unknown;
}

/** An operating error with a stable `code`; every code is listed in `docs/errors.md`. */
export class CodedError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly details: ErrorDetails;

  constructor(code: Code, message: string, options: CodedErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CodedError';
    this.code = code;
    this.details = Object.freeze({ ...options.details });
  }
}

/** The `code` of an error of ours, of Node's, or of anybody who follows the convention; `undefined` without one. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** A caller passed the wrong kind of thing. Code `VALIDATION_TYPE`. */
export class ArgumentTypeError extends TypeError {
  readonly code = 'VALIDATION_TYPE';
}

/** A caller passed the right kind of thing, out of its range. Code `VALIDATION_RANGE`. */
export class ArgumentRangeError extends RangeError {
  readonly code = 'VALIDATION_RANGE';
}
