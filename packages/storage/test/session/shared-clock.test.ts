/**
 * Proves that the noted time is the latest of all threads', at whatever moment they note it, and never goes back.
 */
import { expect, test } from 'vitest';

import { ControlMemory, controlBytes } from '../../src/control/shared-memory.ts';
import { SharedClock } from '../../src/session/shared-clock.ts';
import { SeededRandom } from '../../src/testing/index.ts';

function threadsOver(count: number): SharedClock[] {
  const memory = new ArrayBuffer(controlBytes(1));
  return Array.from({ length: count }, () => new SharedClock(new ControlMemory(memory, 1)));
}

test('it begins before every time, and shows the latest that anybody noted', () => {
  const [one, other] = threadsOver(2);
  expect(other!.highWater).toBe(0);
  const random = new SeededRandom('clock');
  let latest = 0;
  for (let round = 0; round < 1000; round += 1) {
    const now = random.pick([
      random.below(2 ** 31),
      1.8e12 + random.below(1e6),
      random.next(),
      2 ** 53 - 1 - round,
    ]);
    (round % 2 === 0 ? one : other)!.note(now);
    latest = Math.max(latest, now);
    expect([one!.highWater, other!.highWater], `round ${round}`).toEqual([latest, latest]);
  }
});

test.for([
  [50, 100],
  [150, 150],
] as const)(
  'a thread that notes %i is not lost to one that notes 100 between its look and its write',
  ([now, expected]) => {
    const [one, other] = threadsOver(2);
    one!.note(10);
    const { compareExchange } = Atomics;
    let isBetween = false;
    Object.defineProperty(Atomics, 'compareExchange', {
      configurable: true,
      writable: true,
      value: (array: BigInt64Array, index: number, from: bigint, to: bigint) => {
        if (!isBetween) {
          isBetween = true;
          other!.note(100);
        }
        return compareExchange(array, index, from, to);
      },
    });
    try {
      one!.note(now);
    } finally {
      Object.defineProperty(Atomics, 'compareExchange', {
        configurable: true,
        writable: true,
        value: compareExchange,
      });
    }
    expect(one!.highWater).toBe(expected);
  },
);
