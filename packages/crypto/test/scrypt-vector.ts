/**
 * The vectors of RFC 7914 as hashes.
 */

import { encodeScrypt, type ScryptCosts } from '../src/scrypt-parameters.ts';
import { fromHex, readVectors } from './read-vectors.ts';

interface Vector extends ScryptCosts {
  readonly password: string;
  readonly salt: string;
  readonly tag: string;
}

export function readScryptVector(costLog2: number): { password: string; hash: string } {
  const vector = (readVectors('scrypt') as { hashes: Vector[] }).hashes.find(
    (each) => each.costLog2 === costLog2,
  )!;
  const salt = new TextEncoder().encode(vector.salt);
  const hash = encodeScrypt({ ...vector, keyId: undefined, salt, tag: fromHex(vector.tag) });
  return { password: vector.password, hash };
}
