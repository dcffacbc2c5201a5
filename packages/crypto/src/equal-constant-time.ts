/**
 * Comparison of byte strings that takes as long for a wrong first byte as for a wrong last one.
 */

import { timingSafeEqual } from 'node:crypto';

/**
 * Whether two byte strings are equal. The time depends on the lengths alone, which count as public: byte strings of
 * different lengths are told apart at once.
 */
export function equalConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}
