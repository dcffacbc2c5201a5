/**
 * What can go wrong here. None of these messages holds a name, a password, a token or any part of one.
 */
import { CodedError } from '@htkv/engine';

/** Somebody else has the name. Nothing was written. */
export function usernameTaken(): CodedError {
  return new CodedError('AUTH_USERNAME_TAKEN', 'expected a username that is free, got one that is taken');
}

/** There is no user with that id. Nothing was written. */
export function userNotFound(): CodedError {
  return new CodedError('AUTH_USER_NOT_FOUND', 'expected the id of a user, got one that no user has');
}

/** There is no API key with that id. Nothing was written. */
export function apiKeyNotFound(): CodedError {
  return new CodedError('AUTH_API_KEY_NOT_FOUND', 'expected the id of an API key, got one that no key has');
}

/** The check for known-bad passwords said no. Nothing was written. */
export function passwordRefused(): CodedError {
  return new CodedError(
    'AUTH_PASSWORD_REFUSED',
    'expected another password, got one that is known to be bad',
  );
}

/** Too many failed attempts on this name, whether or not a user has it. The password was not looked at. */
export function throttled(retryAfterMs: number): CodedError {
  return new CodedError('AUTH_THROTTLED', `expected ${retryAfterMs} ms of patience after failed attempts`, {
    details: { retryAfterMs },
  });
}

/** Too many logins wait for others under the same names. Nothing was done. */
export function busy(waitingMax: number): CodedError {
  return new CodedError('AUTH_BUSY', `expected at most ${waitingMax} logins to wait, got one more`, {
    details: { waitingMax },
  });
}

/** The stored record is none of ours, or was damaged or edited. `record` is the kind of record, not its key. */
export function recordCorrupt(record: string, found: string, cause?: unknown): CodedError {
  return new CodedError(
    'AUTH_RECORD_CORRUPT',
    `expected the record of ${record} to check out, got ${found}`,
    {
      details: { record },
      cause,
    },
  );
}

/** A newer version wrote the record. */
export function recordUnsupported(record: string, version: number): CodedError {
  return new CodedError(
    'AUTH_RECORD_UNSUPPORTED',
    `expected the record of ${record} to have version 1, got ${version}`,
    { details: { record, version } },
  );
}

/** Every attempt to make a change met another change to the same records. Nothing was written. */
export function contended(attempts: number): CodedError {
  return new CodedError(
    'AUTH_CONTENDED',
    `expected a change to go through, got ${attempts} conflicts in a row`,
    {
      details: { attempts },
    },
  );
}

/** A `TypeError` with the code that wrong arguments have everywhere. */
export function wrongType(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: 'VALIDATION_TYPE' as const });
}

/** A `RangeError` with the code that arguments out of range have everywhere. */
export function outOfRange(message: string): RangeError {
  return Object.assign(new RangeError(message), { code: 'VALIDATION_RANGE' as const });
}

/** What kind of thing an argument is, and never its content. */
export function kindOf(received: unknown): string {
  if (received === undefined || received === null) return String(received);
  if (Array.isArray(received)) return 'an array';
  return typeof received === 'object' ? 'an object' : `a ${typeof received}`;
}
