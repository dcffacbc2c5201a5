/**
 * The costs of scrypt (RFC 7914): how they are written in a hash, and within what bounds they are believed.
 */

import { ArgumentRangeError } from '@htkv/base';
import { checkInteger } from './check-options.ts';
import { checkHashRange, decodeInteger, decodePhc, encodePhc, malformedHash } from './phc-string.ts';

export interface ScryptCosts {
  /** Base-2 logarithm of N. */
  readonly costLog2: number;
  /** r. */
  readonly blockSize: number;
  /** p. */
  readonly parallelization: number;
}

/** A hash in parts. */
export interface ScryptHash extends ScryptCosts {
  readonly keyId: string | undefined;
  readonly salt: Uint8Array;
  readonly tag: Uint8Array;
}

const costLog2Max = 20;
const blockSizeMax = 32;
const parallelizationMax = 64;

/** Most N times r: one GiB, as a block has 128 bytes. */
const memoryMax = 2 ** 23;

/** Most N times r times p: sixteen times the default. */
const workMax = 2 ** 24;

const saltBytesRange = [8, 64] as const;
const tagBytesRange = [16, 64] as const;

/** The least p for each N, with r of at least 8: sets of the same strength, from OWASP's recommendations. */
const parallelizationFloor: Readonly<Record<number, number>> = { 13: 10, 14: 5, 15: 3, 16: 2 };

/** Returns the costs of a policy. Throws a `TypeError`, or a `RangeError` below the floor and above the bounds. */
export function checkScryptCosts(options: Partial<ScryptCosts>): ScryptCosts {
  const costLog2 = checkInteger('costLog2', options.costLog2 ?? 17, 13, costLog2Max);
  const blockSize = checkInteger('blockSize', options.blockSize ?? 8, 8, blockSizeMax);
  const floor = parallelizationFloor[costLog2] ?? 1;
  const parallelization = checkInteger(
    `parallelization with costLog2 ${costLog2}`,
    options.parallelization ?? floor,
    floor,
    parallelizationMax,
  );
  const memory = 2 ** costLog2 * blockSize;
  if (memory > memoryMax || memory * parallelization > workMax) {
    throw new ArgumentRangeError(
      `expected costs of at most 1 GiB and sixteen times the default, got ${128 * memory} bytes`,
    );
  }
  return { costLog2, blockSize, parallelization };
}

export function encodeScrypt(hash: ScryptHash): string {
  const { costLog2, blockSize, parallelization, keyId, salt, tag } = hash;
  const parameters = new Map([
    ['ln', `${costLog2}`],
    ['r', `${blockSize}`],
    ['p', `${parallelization}`],
    ...(keyId === undefined ? [] : [['keyid', keyId] as const]),
  ]);
  return encodePhc({ id: 'scrypt', parameters, salt, hash: tag });
}

/** Throws `CRYPTO_HASH_MALFORMED` or `CRYPTO_HASH_REFUSED`. */
export function decodeScrypt(text: string): ScryptHash {
  const phc = decodePhc(text);
  if (phc.id !== 'scrypt' || phc.version !== undefined) throw malformedHash('the name scrypt and no version');
  const names = [...phc.parameters.keys()].join();
  if (names !== 'ln,r,p' && names !== 'ln,r,p,keyid') {
    throw malformedHash('the parameters ln, r, p in this order');
  }
  const costLog2 = decodeInteger(phc.parameters.get('ln'));
  const blockSize = decodeInteger(phc.parameters.get('r'));
  const parallelization = decodeInteger(phc.parameters.get('p'));
  checkHashRange('cost (log2)', costLog2, 1, costLog2Max);
  checkHashRange('block size', blockSize, 1, blockSizeMax);
  checkHashRange('parallelization', parallelization, 1, parallelizationMax);
  // What RFC 7914 asks of N, and what the runtime would refuse in words of its own.
  checkHashRange('cost (log2) for its block size', costLog2, 1, 16 * blockSize - 1);
  const memory = 2 ** costLog2 * blockSize;
  checkHashRange('cost times block size', memory, 2, memoryMax);
  checkHashRange('cost times block size times parallelization', memory * parallelization, 2, workMax);
  checkHashRange('salt bytes', phc.salt.byteLength, ...saltBytesRange);
  checkHashRange('tag bytes', phc.hash.byteLength, ...tagBytesRange);
  const keyId = phc.parameters.get('keyid');
  return { costLog2, blockSize, parallelization, keyId, salt: phc.salt, tag: phc.hash };
}
