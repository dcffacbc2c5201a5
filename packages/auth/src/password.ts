/**
 * From what somebody typed to the bytes that are hashed: all of them, never a part. Lengths are checked before
 * anything is done whose cost grows with them. Bytes are taken as they are; text is normalised only on request, and
 * each record says how its password was treated, so that changing the option locks nobody out.
 */
import { kindOf, outOfRange, wrongType } from './failure.ts';

/** Longest password, in bytes as they are hashed. */
export const PASSWORD_BYTES_MAX = 1024;

/** `'nfkc'`: text is brought into that form of Unicode first. `'exact'`: it is taken as it is. */
export type PasswordForm = 'exact' | 'nfkc';

export type Password = string | Uint8Array;

const encoder = new TextEncoder();

/** The bytes to hash for a new password. Throws a `TypeError` or `RangeError` for what cannot be one. */
export function newPasswordBytes(password: unknown, form: PasswordForm): Uint8Array {
  const bytes = passwordBytes(password, form);
  if (bytes !== undefined) return bytes;
  throw outOfRange(`expected password to be well-formed and of 1 to ${PASSWORD_BYTES_MAX} bytes`);
}

/**
 * The bytes to verify: `undefined` for what nobody can have as a password. Throws a `TypeError` for what is neither
 * text nor bytes. Bytes are borrowed, not copied.
 */
export function passwordBytes(password: unknown, form: PasswordForm): Uint8Array | undefined {
  if (password instanceof Uint8Array) return withinLimits(password);
  if (typeof password !== 'string') {
    throw wrongType(`expected password to be a string or a Uint8Array, got ${kindOf(password)}`);
  }
  if (password.length > PASSWORD_BYTES_MAX || !password.isWellFormed()) return undefined;
  return withinLimits(encoder.encode(form === 'nfkc' ? password.normalize('NFKC') : password));
}

function withinLimits(bytes: Uint8Array): Uint8Array | undefined {
  return bytes.length > 0 && bytes.length <= PASSWORD_BYTES_MAX ? bytes : undefined;
}
