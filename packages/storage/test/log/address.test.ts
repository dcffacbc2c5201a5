/**
 * Proves that every unit of every slot has an address of its own that leads back to it, and that 0 is none.
 */
import { expect, test } from 'vitest';

import { SLOT_BYTES, SLOT_COUNT } from '../../src/format/geometry.ts';
import { addressOf, offsetOf, slotOf } from '../../src/log/address.ts';

test('an address leads back to its place', () => {
  for (const slot of [0, 1, 511, 512, SLOT_COUNT - 1]) {
    for (const offset of [16, 128, 2 ** 20, 2 ** 25 + 16, SLOT_BYTES - 16]) {
      const address = addressOf(slot, offset);
      expect([slotOf(address), offsetOf(address)]).toEqual([slot, offset]);
      expect(address).toBeGreaterThan(0);
      expect(address).toBeLessThan(2 ** 32);
    }
  }
});

test('the start of a segment and what lies behind a slot have none', () => {
  expect(() => addressOf(0, 0)).toThrow('in its slot');
  expect(() => addressOf(0, SLOT_BYTES)).toThrow('in its slot');
});
