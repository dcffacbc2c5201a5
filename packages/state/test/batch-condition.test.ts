/**
 * Proves what the conditions of a batch mean: each alone, at the batch's own time, before any item; that they refuse
 * everything or nothing; and what is no condition.
 */
import { errorCode, utf8 } from '@htkv/base';
import { describe, expect, test } from 'vitest';

import { digestVersions } from '../src/batch-condition.ts';
import { checkCommand } from '../src/check-command.ts';
import { decodeCommand, encodeCommand } from '../src/command-codec.ts';
import { isStamped, type KeyCondition, type RangeCondition, type StampedBatch } from '../src/command.ts';
import { KvState } from '../src/kv-state.ts';
import { stampCommand } from '../src/stamp.ts';
import { VersionCounter } from '../src/version-counter.ts';
import { remove, set } from './commands.ts';

/** `a` at version 3, `b` at 5 until 2,000, `c` deleted, `d` at 9. */
function prepared(): KvState {
  const state = new KvState();
  state.apply(set('a', 'x', 3));
  state.apply(set('b', 'x', 5, { expiresAt: 2_000 }));
  state.apply(set('c', 'x', 6));
  state.apply(remove('c', 7));
  state.apply(set('d', 'x', 9));
  return state;
}

function batch(
  conditions: readonly KeyCondition[],
  ranges: readonly RangeCondition[],
  timestamp: number,
): StampedBatch {
  return { type: 'batch', commands: [set('new', 'n', 20), remove('a', 21)], conditions, ranges, timestamp };
}

function isApplied(
  conditions: readonly KeyCondition[],
  ranges: readonly RangeCondition[] = [],
  timestamp = 1_000,
): boolean {
  const state = prepared();
  const outcomes = state.apply(batch(conditions, ranges, timestamp));
  expect(state.has(utf8('new'))).toBe(outcomes[0] === 'applied');
  expect([
    ['applied', 'removed'],
    ['conflict', 'conflict'],
  ]).toContainEqual(outcomes);
  return outcomes[0] === 'applied';
}

const key = (name: string, version?: number): KeyCondition => ({ key: utf8(name), version });

test.for<[boolean, KeyCondition[], number]>([
  [true, [key('a', 3)], 1_000],
  [false, [key('a', 4)], 1_000],
  [false, [key('a')], 1_000],
  [true, [key('b', 5)], 1_999],
  [false, [key('b', 5)], 2_000],
  [true, [key('b')], 2_000],
  [true, [key('c')], 1_000],
  [false, [key('c', 7)], 1_000],
  [true, [key('x')], 1_000],
  [false, [key('x', 1)], 1_000],
  [true, [key('a', 3), key('c'), key('d', 9)], 1_000],
  [false, [key('a', 3), key('c'), key('d', 8)], 1_000],
  // What the batch itself writes is not there yet.
  [true, [key('new')], 1_000],
])('%j of %j at %j', ([expected, conditions, timestamp]) => {
  expect(isApplied(conditions, [], timestamp)).toBe(expected);
});

function digest(...versions: [string, number][]): string {
  return digestVersions(versions.map(([name, version]) => [utf8(name), version] as const));
}

test.for<[boolean, RangeCondition, number]>([
  [true, { digest: digest(['a', 3], ['b', 5], ['d', 9]) }, 1_000],
  [true, { digest: digest(['a', 3], ['d', 9]) }, 2_000],
  [false, { digest: digest(['a', 3], ['d', 9]) }, 1_000],
  [false, { digest: digest(['a', 3], ['b', 6], ['d', 9]) }, 1_000],
  [true, { gt: utf8('a'), lt: utf8('d'), digest: digest(['b', 5]) }, 1_000],
  [true, { gte: utf8('a'), lte: utf8('d'), digest: digest(['a', 3], ['b', 5], ['d', 9]) }, 1_000],
  [true, { gte: utf8('c'), lt: utf8('d'), digest: digest() }, 1_000],
  [true, { gt: utf8('z'), lt: utf8('a'), digest: digest() }, 1_000],
])('%j of the range %j at %j', ([expected, range, timestamp]) => {
  expect(isApplied([], [range], timestamp)).toBe(expected);
});

test('the digest tells keys and versions apart that lie next to each other', () => {
  const digests = [
    digest(),
    digest(['a', 1]),
    digest(['a', 2]),
    digest(['', 1]),
    digest(['a', 1], ['b', 1]),
    digest(['ab', 1]),
  ];
  expect(new Set(digests).size).toBe(digests.length);
});

test('a batch with conditions is stamped with a time, any other is not', () => {
  const source = { counter: new VersionCounter(), heads: new KvState(), timestamp: 77 };
  const conditional = stampCommand({ type: 'batch', commands: [], conditions: [key('a')] }, source);
  expect([conditional.timestamp, isStamped(conditional)]).toEqual([77, true]);
  expect(
    stampCommand({ type: 'batch', commands: [], ranges: [{ digest: digest() }], timestamp: 5 }, source)
      .timestamp,
  ).toBe(5);
  expect('timestamp' in stampCommand({ type: 'batch', commands: [], conditions: [] }, source)).toBe(false);
  expect(isStamped({ type: 'batch', commands: [], conditions: [key('a')] })).toBe(false);
});

test('a batch without conditions has the bytes that it always had', () => {
  const plain = encodeCommand({ type: 'batch', commands: [] });
  expect(encodeCommand({ type: 'batch', commands: [], conditions: [], ranges: [] })).toEqual(plain);
});

describe('what is no condition', () => {
  const digits = '0'.repeat(16);
  test.for<[unknown, string]>([
    [{ conditions: key('a') }, 'VALIDATION_TYPE'],
    [{ conditions: ['a'] }, 'VALIDATION_TYPE'],
    [{ conditions: [{ key: 'a' }] }, 'VALIDATION_TYPE'],
    [{ conditions: [{ key: utf8('a'), absent: true }] }, 'VALIDATION_TYPE'],
    [{ conditions: [key('a', 0)] }, 'VALIDATION_RANGE'],
    [{ ranges: [{}] }, 'VALIDATION_TYPE'],
    [{ ranges: [{ digest: 'ABCDEF0123456789' }] }, 'VALIDATION_TYPE'],
    [{ ranges: [{ digest: digits, gt: utf8('a'), gte: utf8('a') }] }, 'VALIDATION_TYPE'],
    [{ ranges: [{ digest: digits, lt: utf8('a'), lte: utf8('a') }] }, 'VALIDATION_TYPE'],
    [{ ranges: [{ digest: digits, lt: 'a' }] }, 'VALIDATION_TYPE'],
    [{ timestamp: 1 }, 'VALIDATION_TYPE'],
    [{ timestamp: -1, conditions: [key('a')] }, 'VALIDATION_RANGE'],
  ])('%j', ([fields, code]) => {
    let found: unknown;
    try {
      checkCommand({ type: 'batch', commands: [], ...(fields as object) });
    } catch (error) {
      found = errorCode(error);
    }
    expect(found).toBe(code);
  });
});

test.for([
  ['no conditions', '01 04 00 00 00000000 00000000 00000000'],
  ['version 0', '01 04 00 00 01000000 01 0000 0000000000000000 00000000 00000000'],
  ['more conditions than there are bytes', '01 04 00 00 ffffff7f'],
  ['an included bound that is not there', `01 04 00 00 00000000 01000000 02 ${'00'.repeat(8)} 00000000`],
])('%s is malformed', ([, hex]) => {
  const bytes = Uint8Array.from(hex!.replaceAll(' ', '').match(/../g)!, (byte) => Number.parseInt(byte, 16));
  expect(() => decodeCommand(bytes)).toThrow(expect.objectContaining({ code: 'STATE_MALFORMED_COMMAND' }));
});
