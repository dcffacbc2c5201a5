/**
 * Proves that a thread slot has one thread at a time, that a thread is dead once it was buried and until its slot is
 * freed, and that who is buried late is not taken for the next one in its slot.
 */
import { errorCode } from '@htkv/base';
import { expect, test } from 'vitest';

import { THREAD_SLOT_WORDS, THREAD_SLOTS } from '../../src/control/shared-memory.ts';
import { ThreadSlots } from '../../src/session/thread-slots.ts';

function newWords(): Int32Array {
  return new Int32Array(THREAD_SLOTS * THREAD_SLOT_WORDS);
}

test('every slot is given once, seen by all threads, and then none', () => {
  const words = newWords();
  const [one, other] = [new ThreadSlots(words), new ThreadSlots(words)];
  const given = Array.from({ length: THREAD_SLOTS }, (_, index) => (index % 2 === 0 ? one : other).claim());
  expect(given).toEqual(Array.from({ length: THREAD_SLOTS }, (_, index) => index));
  expect([one.count, other.count]).toEqual([THREAD_SLOTS, THREAD_SLOTS]);
  let failure: unknown;
  try {
    one.claim();
  } catch (error) {
    failure = error;
  }
  expect(errorCode(failure)).toBe('STORAGE_TOO_MANY_THREADS');
  one.free(7);
  expect([other.count, other.claim()]).toEqual([THREAD_SLOTS - 1, 7]);
});

test('a thread is dead from its burial until its slot is freed', () => {
  const words = newWords();
  const [one, other] = [new ThreadSlots(words), new ThreadSlots(words)];
  one.claim();
  const slot = one.claim();
  expect([one.isDead(slot), one.dead]).toEqual([false, []]);
  one.bury(slot, one.claimOf(slot));
  expect([other.isDead(slot), other.isDead(0), other.dead, other.count]).toEqual([true, false, [slot], 2]);
  expect(other.claim(), 'a dead slot is not given').toBe(2);
  other.free(slot);
  expect([one.isDead(slot), one.dead, one.count]).toEqual([false, [], 2]);
  expect(one.claim()).toBe(slot);
});

test('the end of a thread that had left is not that of the next one in its slot', () => {
  const slots = new ThreadSlots(newWords());
  const slot = slots.claim();
  const claim = slots.claimOf(slot);
  slots.free(slot);
  slots.bury(slot, claim);
  expect(slots.isDead(slot)).toBe(false);
  expect(slots.claim()).toBe(slot);
  slots.bury(slot, claim);
  expect(slots.isDead(slot)).toBe(false);
  slots.bury(slot, slots.claimOf(slot));
  expect(slots.isDead(slot)).toBe(true);
});

test('who waits for a commit is known, and is not mixed up with who had the slot before', () => {
  const slots = new ThreadSlots(newWords());
  const [one, other] = [slots.claim(), slots.claim()];
  slots.setWaiting(other, true);
  expect([one, other].map((slot) => slots.isWaiting(slot))).toEqual([false, true]);
  slots.setWaiting(other, false);
  expect(slots.isWaiting(other)).toBe(false);
  slots.setWaiting(other, true);
  slots.free(other);
  slots.claim();
  expect(slots.isWaiting(other)).toBe(false);
});
