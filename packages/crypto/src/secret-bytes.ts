/**
 * The one door through which secrets come in: checked, never cut, never normalised, and copied.
 */

import { ArgumentTypeError, CodedError, utf8 } from '@htkv/base';
import { kindOf } from './check-options.ts';

/** Most bytes of a secret that a hasher takes, as UTF-8. */
export const SECRET_BYTES_MAX = 4096;

/**
 * Returns the bytes of a secret, which the caller owns and clears. Throws `CRYPTO_SECRET_REFUSED` if it has more than
 * `bytesMax` bytes or is a string with a lone surrogate, and a `TypeError` if it is neither string nor bytes.
 */
export function secretBytes(secret: string | Uint8Array, bytesMax: number = SECRET_BYTES_MAX): Uint8Array {
  if (typeof secret === 'string') {
    // One unit of a string is at least one byte, so a huge string is refused before it is encoded.
    if (secret.length > bytesMax) throw refused(`at most ${bytesMax} bytes`);
    if (!secret.isWellFormed()) throw refused('well-formed Unicode');
  } else if (!(secret instanceof Uint8Array)) {
    throw new ArgumentTypeError(`expected a secret as a string or a Uint8Array, got ${kindOf(secret)}`);
  }
  if (secret.length > bytesMax) throw refused(`at most ${bytesMax} bytes`);
  const bytes = typeof secret === 'string' ? utf8(secret) : Uint8Array.from(secret);
  if (bytes.byteLength <= bytesMax) return bytes;
  bytes.fill(0);
  throw refused(`at most ${bytesMax} bytes`);
}

/** The error for a secret that cannot be hashed as it is. Says nothing about it, not even its length. */
export function refused(expected: string): CodedError {
  return new CodedError('CRYPTO_SECRET_REFUSED', `expected a secret of ${expected}`, {
    details: { expected },
  });
}
