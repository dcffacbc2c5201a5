/**
 * Proves that the explorer finds what it is made for: planted races, lost wake-ups, deadlocks, livelocks and deaths in
 * small pieces of code, each with a schedule that fails again when replayed; that it passes what is right; and that
 * the number of schedules is what combinatorics says.
 */
import { describe, expect, test } from 'vitest';

import { explore, replay, type Scenario } from './explore.ts';
import { failureOf } from './failure-of.ts';
import { loadSteppableText } from './load-steppable.ts';
import { stepper, type Steps } from './stepper.ts';

/** What is made steppable here: TypeScript as it stands in sources. */
const source = `
export class Counter {
  readonly #words: Int32Array;
  constructor(words: Int32Array) {
    this.#words = words;
  }
  loadThenStore(): void {
    const before = Atomics.load(this.#words, 0);
    Atomics.store(this.#words, 0, before + 1);
  }
  plain(): void {
    this.#words[0]! += 1;
  }
  postfix(): number {
    return this.#words[0]!++;
  }
  atomic(): number {
    return Atomics.add(this.#words, 0, 1);
  }
  viaOthers(): number {
    return addTwice(this) + (this?.atomic() ?? 0);
  }
  get whole(): number {
    return this.atomic();
  }
}

function addTwice(counter: Counter): number {
  return counter.atomic() + counter.atomic();
}

const FREE = 0;
const HELD = 1;
const WAITED_FOR = 2;

/** Waiters sleep; \`isForgetful\` leaves one of them asleep. */
export class Lock {
  readonly #words: Int32Array;
  readonly #isForgetful: boolean;
  constructor(words: Int32Array, isForgetful = false) {
    this.#words = words;
    this.#isForgetful = isForgetful;
  }
  lock(timeoutMs?: number): boolean {
    if (Atomics.compareExchange(this.#words, 0, FREE, HELD) === FREE) return true;
    while (Atomics.exchange(this.#words, 0, this.#isForgetful ? HELD : WAITED_FOR) !== FREE) {
      const expected = this.#isForgetful ? HELD : WAITED_FOR;
      if (Atomics.wait(this.#words, 0, expected, timeoutMs) === 'timed-out') return false;
    }
    return true;
  }
  spin(): void {
    while (Atomics.compareExchange(this.#words, 0, FREE, HELD) !== FREE) Atomics.pause();
  }
  unlock(): void {
    if (Atomics.exchange(this.#words, 0, FREE) === WAITED_FOR) Atomics.notify(this.#words, 0, 1);
  }
}
`;

interface Counter {
  loadThenStore(): Steps<void>;
  plain(): Steps<void>;
  postfix(): Steps<number>;
  atomic(): Steps<number>;
  viaOthers(): Steps<number>;
  readonly whole: number;
}

interface Lock {
  lock(timeoutMs?: number): Steps<boolean>;
  spin(): Steps<void>;
  unlock(): Steps<void>;
}

const [loaded] = await loadSteppableText([{ path: 'counter.ts', source }]);
const { Counter, Lock } = loaded as {
  Counter: new (words: Int32Array) => Counter;
  Lock: new (words: Int32Array, isForgetful?: boolean) => Lock;
};

const words = new Int32Array(new SharedArrayBuffer(64));

function counting(
  preemptions: number,
  actors: number,
  increment: (counter: Counter) => Steps<unknown>,
): Scenario {
  return {
    memory: [words.buffer],
    preemptions,
    setUp: () => {
      const counter = new Counter(words);
      return {
        actors: Array.from(
          { length: actors },
          () =>
            function* () {
              yield* increment(counter);
            },
        ),
        check: () => expect(words[0]).toBe(actors),
      };
    },
  };
}

describe('a counter', () => {
  test.for(['loadThenStore', 'plain', 'postfix'] as const)(
    'that loses counts by %s is found out',
    (method) => {
      const scenario = counting(2, 2, (counter) => counter[method]());
      const failure = failureOf(() => explore(scenario));
      expect(failure.schedule).toMatch(/^([AB])1 [AB]\* \1\*$/);
      expect(failureOf(() => replay(scenario, failure.schedule)).message).toBe(failure.message);
      expect(() => replay(scenario, 'A* B*')).not.toThrow();
    },
  );

  test('that loses counts is not found out without a preemption', () => {
    expect(explore(counting(0, 3, (counter) => counter.plain())).schedules).toBe(6);
  });

  test('that is atomic counts right, with 2 threads of 1 access and 3 of them in each order', () => {
    expect(explore(counting(3, 2, (counter) => counter.atomic())).byPreemptions).toEqual([2, 0, 0, 0]);
    expect(explore(counting(3, 3, (counter) => counter.atomic())).schedules).toBe(6);
  });

  test('steps through functions that call functions, in all interleavings', () => {
    const sums = new Set<number>();
    const explored = explore({
      memory: [words.buffer],
      preemptions: 9,
      setUp: () => {
        const counter = new Counter(words);
        const counts = function* (): Steps<void> {
          yield* counter.viaOthers();
        };
        const sumsUp = function* (): Steps<void> {
          sums.add(yield* counter.viaOthers());
        };
        return { actors: [sumsUp, counts], check: () => expect(words[0]).toBe(6) };
      },
    });
    // Two rows of three accesses: as many orders as ways to choose 3 places of 6.
    expect(explored.schedules).toBe(20);
    // One of the two is given 3 of the numbers 0 to 5, any of them.
    expect([...sums].toSorted((left, right) => left - right)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  test('runs whole where it cannot be stopped', () => {
    const count = function* (counter: Counter): Steps<void> {
      yield* stepper.boundary();
      expect(counter.whole).toBeLessThan(2);
    };
    expect(explore(counting(3, 2, count)).schedules).toBe(2);
  });

  test('is just called when nothing is explored', () => {
    const counter = new Counter(new Int32Array(1));
    expect(stepper.settle(counter.atomic())).toBe(0);
    expect(stepper.settle(counter.postfix())).toBe(1);
    expect(counter.whole).toBe(2);
  });
});

/** Two or three actors that count under a lock at word 0, without atomics. */
function locking(
  actors: number,
  preemptions: number,
  makeLock: () => Lock,
  deaths = 0,
  timeoutMs?: number,
): Scenario {
  const counted = words.subarray(4, 5);
  return {
    memory: [words.buffer],
    preemptions,
    deaths,
    setUp: () => {
      const lock = makeLock();
      const counter = new Counter(counted);
      let successes = 0;
      const actor = function* (): Steps<void> {
        if (!(yield* lock.lock(timeoutMs))) return;
        yield* counter.plain();
        yield* lock.unlock();
        successes += 1;
      };
      return {
        actors: Array.from({ length: actors }, () => actor),
        check: () => expect(deaths > 0 ? successes : counted[0]).toBe(successes),
      };
    },
  };
}

describe('a lock', () => {
  test('whose waiters sleep keeps its promise, with 2 and with 3 threads', () => {
    explore(locking(2, 4, () => new Lock(words)));
    const explored = explore(locking(3, 2, () => new Lock(words)));
    expect(explored.schedules).toBeGreaterThan(100);
  });

  test('that leaves a waiter asleep is a deadlock', () => {
    const scenario = locking(2, 2, () => new Lock(words, true));
    const failure = failureOf(() => explore(scenario));
    expect(failure.message).toContain('deadlock');
    expect(failureOf(() => replay(scenario, failure.schedule)).message).toBe(failure.message);
  });

  test('whose waiters do not wait for ever is none', () => {
    explore(locking(2, 3, () => new Lock(words, true), 0, 10));
  });

  test('that is waited for by spinning goes on, if it is given back', () => {
    const spinning = (): Lock => {
      const lock = new Lock(words);
      return {
        lock: function* () {
          yield* lock.spin();
          return true;
        },
        spin: () => lock.spin(),
        unlock: () => lock.unlock(),
      };
    };
    explore(locking(3, 2, spinning));
    const failure = failureOf(() => explore(locking(2, 0, spinning, 1)));
    expect(failure.message).toContain('no end');
    expect(failure.schedule).toMatch(/^A\d+x B\*/);
  });

  test('whose holder dies is waited for in vain', () => {
    const scenario = locking(2, 1, () => new Lock(words), 1);
    const failure = failureOf(() => explore(scenario));
    expect(failure.schedule).toMatch(/^([AB])\d+x [AB]\*$/);
    expect(failureOf(() => replay(scenario, failure.schedule)).message).toBe(failure.message);
  });
});

test('a death is known to the others, and what was done before it stays done', () => {
  const seen = new Set<string>();
  explore({
    memory: [words.buffer],
    preemptions: 0,
    deaths: 1,
    setUp: () => {
      const counter = new Counter(words);
      const watching = function* (): Steps<void> {
        const before = yield* counter.atomic();
        seen.add(`${before}${stepper.isGone(0) ? ' and gone' : ''}`);
      };
      const counting3 = function* (): Steps<void> {
        yield* counter.viaOthers();
      };
      return { actors: [counting3, watching] };
    },
  });
  expect([...seen].toSorted()).toEqual(['0', '1 and gone', '2 and gone', '3']);
});

test('a schedule that cannot be is refused', () => {
  const scenario = counting(1, 2, (counter) => counter.plain());
  expect(() => replay(scenario, 'A* A*')).toThrow('cannot go on');
  expect(() => replay(scenario, 'B')).toThrow(RangeError);
});
