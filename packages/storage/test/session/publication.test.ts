/**
 * Proves what a mark says: nothing became visible or was taken back as long as it stays, and from which place on
 * records are pending while it is odd; for every thread over the same memory.
 */
import { expect, test } from 'vitest';

import { ControlMemory, controlBytes } from '../../src/control/shared-memory.ts';
import { Publication } from '../../src/session/publication.ts';

function twoOverOneMemory(): [Publication, Publication] {
  const memory = new ArrayBuffer(controlBytes(1));
  return [new Publication(new ControlMemory(memory, 1)), new Publication(new ControlMemory(memory, 1))];
}

test('a mark ends when a publication begins, and when it ends', () => {
  const [one, other] = twoOverOneMemory();
  const before = other.mark;
  expect([before & 1, other.isAt(before), other.isPending]).toEqual([0, true, false]);
  one.begin(5);
  const during = other.mark;
  expect([during & 1, other.isAt(before), other.isAt(during), other.isPending]).toEqual([
    1,
    false,
    true,
    true,
  ]);
  one.end();
  const after = other.mark;
  expect([after & 1, other.isAt(before), other.isAt(during), other.isPending]).toEqual([
    0,
    false,
    false,
    false,
  ]);
});

test('what is pending is everything from a place on', () => {
  const [one, other] = twoOverOneMemory();
  one.begin(2 ** 40);
  expect([2 ** 40 - 1, 2 ** 40, 2 ** 40 + 1].map((sequence) => other.hides(sequence))).toEqual([
    false,
    true,
    true,
  ]);
});

test('whoever repairs ends the publication of another thread, and ending none changes nothing', () => {
  const [one, other] = twoOverOneMemory();
  one.begin(1);
  other.end();
  const { mark } = one;
  one.end();
  expect([one.isPending, one.mark]).toEqual([false, mark]);
});

test('one publication at a time', () => {
  const [one, other] = twoOverOneMemory();
  one.begin(1);
  expect(() => other.begin(2)).toThrow('one publication');
});
