/**
 * Proves of the store's lock, however its threads are interleaved: one of them holds it at a time; whoever takes it
 * over from a dead one learns so, and nobody else does; everybody gets it, and nobody is left asleep. Sleepers that
 * wake by themselves would hide a wake-up that is lost, so they do not where nobody dies.
 *
 * Schedules by the number of preemptions:
 *
 * ```
 *                           0       1        2        3        4
 * 2 threads                 2       4       16       12       32
 * 3 threads                 6      48      450    2,670
 * 2 threads, 1 death       10      42      170      328
 * 3 threads, 1 death       42     660    9,192
 * 3 threads, 2 deaths     210   3,144
 * ```
 */
import { expect, test } from 'vitest';

import { Word } from '../../src/control/shared-memory.ts';
import type { Change } from './altered-source.ts';
import { explore, replay, type Scenario } from './explore.ts';
import { failureOf } from './failure-of.ts';
import { loadLock, SLEEPS_FOR_EVER, type SteppableLockClass } from './steppable-lock.ts';
import { stepper, type Steps } from './stepper.ts';

const words = new Int32Array(new SharedArrayBuffer(128));

/** Each thread takes the lock and gives it back. */
function locking(Lock: SteppableLockClass, threads: number, preemptions: number, deaths: number): Scenario {
  return {
    memory: [words.buffer],
    preemptions,
    deaths,
    setUp: () => {
      const ended = new Set<number>();
      const slots = { isDead: (slot: number): boolean => stepper.isGone(slot) };
      let inside = -1;
      let takeovers = 0;
      const actor = (slot: number) =>
        function* (): Steps<void> {
          const lock = new Lock(words, slots, slot);
          const isTakenOver = yield* lock.acquire();
          if (inside >= 0 && !slots.isDead(inside)) throw new Error('two threads hold the lock');
          if (inside >= 0 && !isTakenOver) throw new Error('a thread that died goes unnoticed');
          if (isTakenOver) takeovers += 1;
          if (takeovers > deaths) throw new Error('the lock is taken over from nobody');
          inside = slot;
          yield* stepper.boundary();
          if (inside !== slot) throw new Error('two threads hold the lock');
          inside = -1;
          yield* lock.release();
          ended.add(slot);
        };
      const check = (): void => {
        for (let slot = 0; slot < threads; slot += 1) {
          if (!ended.has(slot) && !slots.isDead(slot)) throw new Error('a thread never got the lock');
        }
        if (deaths === 0 && words[Word.lock] !== 0) throw new Error('the lock is not free in the end');
      };
      return { actors: Array.from({ length: threads }, (_, slot) => actor(slot)), check };
    },
  };
}

test.for<[threads: number, preemptions: number, deaths: number, atLeast: number]>([
  [2, 4, 0, 50],
  [3, 3, 0, 1000],
  [2, 3, 1, 100],
  [3, 2, 1, 5000],
  [3, 1, 2, 1000],
])('%i threads with up to %i preemptions and %i deaths', async ([threads, preemptions, deaths, atLeast]) => {
  const Lock = await loadLock(...(deaths === 0 ? [SLEEPS_FOR_EVER] : []));
  expect(explore(locking(Lock, threads, preemptions, deaths)).schedules).toBeGreaterThan(atLeast);
});

test.for<[fault: string, deaths: number, change: Change, message: string]>([
  [
    'a lock that is taken by looking and then storing',
    0,
    [
      'if (Atomics.compareExchange(this.#words, Word.lock, FREE, this.#self) === FREE) return false;',
      'if (this.#words[Word.lock] === FREE) { this.#words[Word.lock] = this.#self; return false; }',
    ],
    'two threads hold the lock',
  ],
  [
    'a thread that was woken and forgets the others that sleep',
    0,
    [
      'if (Atomics.compareExchange(words, Word.lock, FREE, this.#self | WANTED) === FREE) return false;',
      'if (Atomics.compareExchange(words, Word.lock, FREE, this.#self) === FREE) return false;',
    ],
    'deadlock',
  ],
  [
    'a release that wakes nobody',
    0,
    ['if ((held & WANTED) !== 0) Atomics.notify(this.#words, Word.lock, 1);', ''],
    'deadlock',
  ],
  [
    'a thread that takes over and does not say so',
    1,
    [
      'if (Atomics.compareExchange(words, Word.lock, held, this.#self | WANTED) === held) return true;',
      'if (Atomics.compareExchange(words, Word.lock, held, this.#self | WANTED) === held) return false;',
    ],
    'a thread that died goes unnoticed',
  ],
  [
    'a lock that is taken over by storing',
    1,
    [
      'if (Atomics.compareExchange(words, Word.lock, held, this.#self | WANTED) === held) return true;',
      'Atomics.store(words, Word.lock, this.#self | WANTED); return true;',
    ],
    'taken over from nobody',
  ],
])('%s is found out', async ([, deaths, change, message]) => {
  const Lock = await loadLock(change, ...(deaths === 0 ? [SLEEPS_FOR_EVER] : []));
  const scenario = locking(Lock, 3, 2, deaths);
  const failure = failureOf(() => explore(scenario));
  expect(failure.message).toContain(message);
  expect(failureOf(() => replay(scenario, failure.schedule)).message).toBe(failure.message);
});
