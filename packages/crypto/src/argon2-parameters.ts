/**
 * The costs of Argon2id: how they are written in a hash, and within what bounds they are believed.
 *
 * A hash is data. Whoever can change it must not be able to have gigabytes filled for minutes, so everything is bounded
 * before any work.
 */

import { ArgumentRangeError } from '@htkv/base';
import { checkInteger } from './check-options.ts';
import {
  checkHashRange,
  decodeInteger,
  decodePhc,
  encodePhc,
  malformedHash,
  refusedHash,
} from './phc-string.ts';

export interface Argon2Costs {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly lanes: number;
}

/** A hash in parts. */
export interface Argon2Hash extends Argon2Costs {
  readonly keyId: string | undefined;
  readonly salt: Uint8Array;
  readonly tag: Uint8Array;
}

/** The least that is written: 19 MiB, 2 passes, 1 lane. */
export const ARGON2_FLOOR: Argon2Costs = { memoryKiB: 19_456, passes: 2, lanes: 1 };

/** 1.3, the version of RFC 9106. */
const version = 19;

/** One GiB. */
const memoryKiBMax = 2 ** 20;
const passesMax = 64;
const lanesMax = 16;

/** Most memory times passes, in KiB: 55 times the floor. */
const workMax = 2 ** 21;

const saltBytesRange = [8, 64] as const;
const tagBytesRange = [16, 64] as const;

/** Returns the costs of a policy. Throws a `TypeError`, or a `RangeError` below the floor and above the bounds. */
export function checkArgon2Costs({ memoryKiB, passes, lanes }: Partial<Argon2Costs>): Argon2Costs {
  const costs = {
    memoryKiB: checkInteger(
      'memoryKiB',
      memoryKiB ?? ARGON2_FLOOR.memoryKiB,
      ARGON2_FLOOR.memoryKiB,
      memoryKiBMax,
    ),
    passes: checkInteger('passes', passes ?? ARGON2_FLOOR.passes, ARGON2_FLOOR.passes, passesMax),
    lanes: checkInteger('lanes', lanes ?? ARGON2_FLOOR.lanes, ARGON2_FLOOR.lanes, lanesMax),
  };
  const work = costs.memoryKiB * costs.passes;
  if (work > workMax) {
    throw new ArgumentRangeError(`expected memoryKiB times passes of at most ${workMax}, got ${work}`);
  }
  return costs;
}

export function encodeArgon2({ memoryKiB, passes, lanes, keyId, salt, tag }: Argon2Hash): string {
  const parameters = new Map([
    ['m', `${memoryKiB}`],
    ['t', `${passes}`],
    ['p', `${lanes}`],
    ...(keyId === undefined ? [] : [['keyid', keyId] as const]),
  ]);
  return encodePhc({ id: 'argon2id', version, parameters, salt, hash: tag });
}

/** Throws `CRYPTO_HASH_MALFORMED` or `CRYPTO_HASH_REFUSED`. */
export function decodeArgon2(text: string): Argon2Hash {
  const phc = decodePhc(text);
  if (phc.id === 'argon2i' || phc.id === 'argon2d') throw refusedHash('the algorithm', 'argon2id', phc.id);
  if (phc.id !== 'argon2id') throw malformedHash('the name argon2id');
  const names = [...phc.parameters.keys()].join();
  if (names !== 'm,t,p' && names !== 'm,t,p,keyid')
    throw malformedHash('the parameters m, t, p in this order');
  // Without a version it is the first one, whose flaw version 1.3 repairs.
  if (phc.version !== version) throw refusedHash('version', `${version}`, phc.version ?? 16);
  const memoryKiB = decodeInteger(phc.parameters.get('m'));
  const passes = decodeInteger(phc.parameters.get('t'));
  const lanes = decodeInteger(phc.parameters.get('p'));
  checkHashRange('lanes', lanes, 1, lanesMax);
  checkHashRange('memory in KiB', memoryKiB, 8 * lanes, memoryKiBMax);
  checkHashRange('passes', passes, 1, passesMax);
  checkHashRange('memory times passes', memoryKiB * passes, 1, workMax);
  checkHashRange('salt bytes', phc.salt.byteLength, ...saltBytesRange);
  checkHashRange('tag bytes', phc.hash.byteLength, ...tagBytesRange);
  return { memoryKiB, passes, lanes, keyId: phc.parameters.get('keyid'), salt: phc.salt, tag: phc.hash };
}
