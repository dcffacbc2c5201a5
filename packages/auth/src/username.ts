/**
 * Names of users. A name is kept as it was given, trimmed; it is found by its index form, in which case, width and
 * composition make no difference, so that nobody registers a name that only looks like another's.
 */
import { kindOf, outOfRange, wrongType } from './failure.ts';

/** Longest name, in UTF-8 bytes, before and after normalising. */
export const USERNAME_BYTES_MAX = 256;

const encoder = new TextEncoder();
/** Control and format characters, line separators, fillers, variation selectors: invisible, so two names could look the same. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

export interface Username {
  /** As it was given, trimmed. */
  readonly shown: string;
  /** NFKC, trimmed, lower case. */
  readonly indexed: string;
}

/** For a new user. Throws a `TypeError` or `RangeError` for what cannot be a name. */
export function checkUsername(username: unknown): Username {
  const { name, objection } = examine(username);
  if (name === undefined) throw outOfRange(objection);
  return name;
}

/** For a login: `undefined` for text that no user can have as a name. Throws a `TypeError` for what is no text. */
export function lookUpName(username: unknown): string | undefined {
  return examine(username).name?.indexed;
}

function examine(
  username: unknown,
): { name: Username; objection?: undefined } | { name?: undefined; objection: string } {
  if (typeof username !== 'string')
    throw wrongType(`expected username to be a string, got ${kindOf(username)}`);
  // Before anything is done whose cost grows with the length.
  if (username.length > USERNAME_BYTES_MAX) return tooLong();
  if (!username.isWellFormed()) return { objection: 'expected username to be well-formed text' };
  const shown = username.trim();
  if (shown === '') return { objection: 'username cannot be empty' };
  if (INVISIBLE.test(shown)) return { objection: 'expected username to have no invisible characters' };
  const indexed = shown.normalize('NFKC').trim().toLowerCase().normalize('NFKC');
  if (indexed === '') return { objection: 'username cannot be empty' };
  if (bytes(shown) > USERNAME_BYTES_MAX || bytes(indexed) > USERNAME_BYTES_MAX) return tooLong();
  return { name: { shown, indexed } };
}

function tooLong(): { objection: string } {
  return { objection: `expected username to have at most ${USERNAME_BYTES_MAX} bytes of UTF-8, got more` };
}

function bytes(text: string): number {
  return encoder.encode(text).length;
}
