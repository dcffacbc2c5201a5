/**
 * Proves that the check of linearizability accepts what a correct store can answer and refuses each kind of wrong
 * answer: on histories written by hand, and on histories of four simulated threads on a correct register, as they
 * are and with one answer made wrong. The seed is in the message of a failure.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  findViolation,
  type DeleteCall,
  type GetCall,
  type Operation,
  type PutCall,
  type Seen,
  type WriteResult,
} from './linearizable.ts';
import { simulateHistory } from './simulated-history.ts';

type Line = [thread: number, from: number, to: number, call: GetCall | PutCall | DeleteCall, result: unknown];

const get: GetCall = { kind: 'get' };
const remove: DeleteCall = { kind: 'delete' };
const put = (value: string, rest: Omit<PutCall, 'kind' | 'value'> = {}): PutCall => ({
  kind: 'put',
  value,
  ...rest,
});
const saw = (value: string, version?: number): Seen => ({ value, version });

function history(lines: readonly Line[]): Operation[] {
  return lines.map(([thread, invokedAt, returnedAt, call, result]) => {
    const timed = { thread, key: 'k', invokedAt, returnedAt };
    return call.kind === 'get'
      ? { ...timed, call, result: result as Seen | 'absent' }
      : { ...timed, call, result: result as WriteResult };
  });
}

describe('accepts', () => {
  test.for<[string, Line[]]>([
    ['no calls at all', []],
    [
      'a read beside a write, before it or after it',
      [
        [1, 1, 10, put('a'), 'applied'],
        [2, 2, 3, get, 'absent'],
        [2, 4, 5, get, saw('a', 7)],
        [3, 6, 7, get, saw('a', 7)],
      ],
    ],
    [
      'two writes at once, in the order that the reads tell',
      [
        [1, 1, 10, put('a'), 'applied'],
        [2, 2, 9, put('b'), 'applied'],
        [3, 11, 12, get, saw('a', 2)],
      ],
    ],
    [
      'versions that rise by more than one',
      [
        [1, 1, 2, put('a'), 'applied'],
        [1, 3, 4, get, saw('a', 5)],
        [1, 5, 6, put('b'), 'applied'],
        [1, 7, 8, get, saw('b', 900)],
      ],
    ],
    [
      'one winner among two who create',
      [
        [1, 1, 10, put('a', { ifAbsent: true }), 'applied'],
        [2, 2, 9, put('b', { ifAbsent: true }), 'conflict'],
        [3, 11, 12, get, saw('a', 1)],
      ],
    ],
    [
      'one winner among two who replace the same version',
      [
        [1, 1, 2, put('a'), 'applied'],
        [1, 3, 4, get, saw('a', 4)],
        [1, 5, 10, put('b', { ifVersion: 4 }), 'applied'],
        [2, 6, 9, put('c', { ifVersion: 4 }), 'conflict'],
        [2, 11, 12, remove, 'removed'],
        [2, 13, 14, put('d', { ifPresent: true }), 'conflict'],
        [2, 15, 16, get, 'absent'],
      ],
    ],
    [
      'a write older than the one that is there, and one that is newer',
      [
        [1, 1, 2, put('a', { version: 10 }), 'applied'],
        [1, 3, 4, put('b', { version: 10 }), 'ignoredStale'],
        [1, 5, 6, put('c', { version: 11 }), 'applied'],
        [1, 7, 8, get, saw('c', 11)],
      ],
    ],
    [
      'a write of a thread that died, which took place',
      [
        [1, 1, Infinity, put('a'), 'unknown'],
        [2, 2, 3, get, 'absent'],
        [2, 4, 5, get, saw('a', 1)],
      ],
    ],
    [
      'a write of a thread that died, which did not',
      [
        [1, 1, Infinity, put('a'), 'unknown'],
        [2, 20, 30, get, 'absent'],
      ],
    ],
    [
      'a write of a thread that died, which cannot have taken place',
      [
        [1, 1, 2, put('a'), 'applied'],
        [2, 3, Infinity, put('b', { ifAbsent: true }), 'unknown'],
        [1, 4, 5, get, saw('a')],
      ],
    ],
    [
      'a delete of nothing before a write with a version of its own',
      [
        [1, 1, 2, remove, 'removed'],
        [1, 3, 4, put('a', { version: 1 }), 'applied'],
        [1, 5, 6, get, saw('a', 1)],
      ],
    ],
  ])('%s', ([, lines]) => {
    expect(findViolation(history(lines))).toBeUndefined();
  });
});

describe('refuses', () => {
  test.for<[string, Line[]]>([
    [
      'a stale read',
      [
        [1, 1, 2, put('a'), 'applied'],
        [1, 3, 4, put('b'), 'applied'],
        [2, 5, 6, get, saw('a')],
      ],
    ],
    [
      'an absence after a write',
      [
        [1, 1, 2, put('a'), 'applied'],
        [2, 3, 4, get, 'absent'],
      ],
    ],
    [
      'a lost update',
      [
        [1, 1, 2, put('a'), 'applied'],
        [1, 3, 4, get, saw('a', 1)],
        [1, 5, 10, put('b', { ifVersion: 1 }), 'applied'],
        [2, 6, 9, put('c', { ifVersion: 1 }), 'applied'],
      ],
    ],
    [
      'two winners among those who create',
      [
        [1, 1, 10, put('a', { ifAbsent: true }), 'applied'],
        [2, 2, 9, put('b', { ifAbsent: true }), 'applied'],
      ],
    ],
    [
      'no winner among those who create',
      [
        [1, 1, 10, put('a', { ifAbsent: true }), 'conflict'],
        [2, 2, 9, put('b', { ifAbsent: true }), 'conflict'],
      ],
    ],
    [
      'a value that is read before it is written',
      [
        [2, 1, 2, get, saw('a')],
        [1, 3, 4, put('a'), 'applied'],
      ],
    ],
    ['a value that nobody wrote', [[2, 1, 2, get, saw('a')]]],
    [
      'reads that go back, during the write',
      [
        [1, 1, 2, put('a'), 'applied'],
        [1, 3, 20, put('b'), 'applied'],
        [2, 4, 5, get, saw('b')],
        [2, 6, 7, get, saw('a')],
      ],
    ],
    [
      'reads that go back, of two threads',
      [
        [1, 1, 20, put('a'), 'applied'],
        [2, 4, 5, get, saw('a')],
        [3, 6, 7, get, 'absent'],
      ],
    ],
    [
      'two versions of one write',
      [
        [1, 1, 2, put('a'), 'applied'],
        [2, 3, 4, get, saw('a', 3)],
        [2, 5, 6, get, saw('a', 4)],
      ],
    ],
    [
      'a version that falls',
      [
        [1, 1, 2, put('a'), 'applied'],
        [2, 3, 4, get, saw('a', 3)],
        [1, 5, 6, put('b'), 'applied'],
        [2, 7, 8, get, saw('b', 3)],
      ],
    ],
    [
      'a version that leaves no room for an overwritten one',
      [
        [1, 1, 2, put('a'), 'applied'],
        [1, 3, 4, put('b'), 'applied'],
        [2, 5, 6, get, saw('b', 1)],
      ],
    ],
    [
      'a write of a dead thread that comes and goes',
      [
        [1, 1, Infinity, put('a'), 'unknown'],
        [2, 2, 3, get, saw('a')],
        [2, 4, 5, get, 'absent'],
      ],
    ],
    [
      'an absence after a write, while two others go on',
      [
        [1, 1, 20, put('a'), 'applied'],
        [2, 2, 3, put('b'), 'applied'],
        [2, 4, 10, put('c'), 'applied'],
        [3, 5, 6, get, 'absent'],
      ],
    ],
    [
      'a conflict with the version that is there',
      [
        [1, 1, 2, put('a'), 'applied'],
        [1, 3, 4, get, saw('a', 1)],
        [1, 5, 6, put('b', { ifVersion: 1 }), 'conflict'],
      ],
    ],
    [
      'a write that wins with the version that is there',
      [
        [1, 1, 2, put('a', { version: 10 }), 'applied'],
        [1, 3, 4, put('b', { version: 10 }), 'applied'],
      ],
    ],
    ['a stale outcome without a version', [[1, 1, 2, put('a'), 'ignoredStale']]],
    ['the outcome of a delete for a put', [[1, 1, 2, put('a'), 'removed']]],
    [
      'a deleted value that comes back',
      [
        [1, 1, 2, put('a'), 'applied'],
        [1, 3, 4, remove, 'removed'],
        [2, 5, 6, get, saw('a')],
      ],
    ],
    [
      'an older write that wins over a delete',
      [
        [1, 1, 2, { ...remove, version: 9 }, 'removed'],
        [1, 3, 4, put('a', { version: 8 }), 'applied'],
      ],
    ],
  ])('%s', ([, lines]) => {
    expect(findViolation(history(lines))).toMatchObject({ key: 'k' });
  });
});

test('a violation says what was reached and what could not follow', () => {
  const lines: Line[] = [
    [1, 1, 2, put('a'), 'applied'],
    [2, 3, 4, get, saw('b', 1)],
  ];
  const violation = findViolation(history(lines));
  expect(violation?.order).toHaveLength(1);
  expect(violation?.stuck).toHaveLength(1);
  expect(violation?.message).toContain('it holds "a" at a version above 0');
});

test('a call that returns before it was invoked is a mistake of the recorder', () => {
  expect(() => findViolation(history([[1, 2, 2, get, 'absent']]))).toThrow(RangeError);
});

const shape = { threads: 4, operationsPerThread: 1000, keys: 50 };

test('four threads of 1,000 calls on 50 keys are legal as a correct register answers, and quickly seen to be', () => {
  const history0 = simulateHistory({ ...shape, seed: 1 });
  expect(history0).toHaveLength(4000);
  const startedAt = performance.now();
  expect(findViolation(history0)?.message).toBeUndefined();
  // About 20 ms where this was written; the bound leaves room for a busy machine.
  expect(performance.now() - startedAt).toBeLessThan(1000);
});

test('a history is the same after its way between threads', () => {
  const operations = simulateHistory({ ...shape, operationsPerThread: 20, seed: 2 });
  expect(structuredClone(operations)).toEqual(operations);
});

test('any history of a correct register is legal', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 4 }), (seed, keys) => {
      const operations = simulateHistory({ threads: 4, operationsPerThread: 25, keys, seed });
      expect(findViolation(operations)?.message).toBeUndefined();
    }),
    { seed: 20, numRuns: 150 },
  );
});

test.for(['staleRead', 'lostWrite', 'conditionIgnored'] as const)(
  'a register with the mistake %s is caught in most histories',
  (mistake) => {
    let caught = 0;
    for (let seed = 1; seed <= 20; seed += 1) {
      const operations = simulateHistory({ threads: 4, operationsPerThread: 250, keys: 10, seed, mistake });
      if (findViolation(operations) !== undefined) caught += 1;
    }
    expect(caught).toBeGreaterThanOrEqual(18);
  },
);
