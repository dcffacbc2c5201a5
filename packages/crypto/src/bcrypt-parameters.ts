/**
 * The hashes of bcrypt as they are written, `$2b$cost$salthash`, and within what bounds they are believed. The alphabet
 * is one of its own, and salt and hash have no separator.
 */

import { checkHashRange, checkHashText, malformedHash } from './phc-string.ts';

export interface BcryptHash {
  /** Base-2 logarithm of the rounds. */
  readonly cost: number;
  /** What the hash begins with: prefix, cost and salt, 29 characters. */
  readonly settings: string;
}

/** About a second of work; 31, which the form has room for, would be days. */
export const BCRYPT_COST_MAX = 15;

/** Prefix, cost, then 22 characters of salt and 31 of hash, each ending on a character with no stray bits. */
const form = /^(\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{21}[.Oeu])[./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$/;

/**
 * Throws `CRYPTO_HASH_MALFORMED` or `CRYPTO_HASH_REFUSED`, and a `TypeError` for what is no string. The prefix `$2x$`,
 * which marks the hashes of a faulty implementation, is none of ours.
 */
export function decodeBcrypt(hash: string): BcryptHash {
  checkHashText(hash);
  const [, settings, digits] = form.exec(hash) ?? [];
  if (settings === undefined)
    throw malformedHash('$2a$, $2b$ or $2y$, cost, salt and hash, in 60 characters');
  const cost = Number(digits);
  checkHashRange('cost', cost, 4, BCRYPT_COST_MAX);
  return { cost, settings };
}
