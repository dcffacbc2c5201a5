/**
 * A 32-bit address names a unit of the log: the slot of a segment and the unit inside it. 0 is no address, because
 * the first units of every segment are its header.
 */
import { assert } from '@htkv/base';

import { SLOT_LOG2, UNIT_LOG2 } from '../format/geometry.ts';

const UNITS_LOG2 = SLOT_LOG2 - UNIT_LOG2;
const UNITS_MASK = 2 ** UNITS_LOG2 - 1;

/** The address of byte `offset`, a multiple of the unit, of the segment in `slot`. */
export function addressOf(slot: number, offset: number): number {
  assert(offset > 0 && offset < 2 ** SLOT_LOG2, 'an offset lies in its slot');
  return ((slot << UNITS_LOG2) | (offset >>> UNIT_LOG2)) >>> 0;
}

export function slotOf(address: number): number {
  return address >>> UNITS_LOG2;
}

/** Bytes from the start of the segment. */
export function offsetOf(address: number): number {
  return (address & UNITS_MASK) << UNIT_LOG2;
}
