/**
 * Proves that a version that is filled in always wins, whatever versions callers chose, up to and including the
 * highest safe integer, and that nothing is ever rounded.
 */

import { errorCode } from '@htkv/base';
import { describe, expect, test } from 'vitest';

import type { EntryHead } from '../src/entry.ts';
import { nextVersion, VersionCounter } from '../src/version-counter.ts';

const MAX = Number.MAX_SAFE_INTEGER;

function headAt(version: number): EntryHead {
  return { version, timestamp: 0, deleted: false };
}

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return errorCode(error);
  }
  return undefined;
}

describe('nextVersion', () => {
  test('is the larger of the counter and one more than the current version', () => {
    expect(nextVersion(1, undefined)).toBe(1);
    expect(nextVersion(9, undefined)).toBe(9);
    expect(nextVersion(9, headAt(3))).toBe(9);
    expect(nextVersion(9, headAt(8))).toBe(9);
    expect(nextVersion(9, headAt(9))).toBe(10);
    expect(nextVersion(9, headAt(100))).toBe(101);
  });

  test('goes up to the highest safe integer and no further', () => {
    expect(nextVersion(MAX, undefined)).toBe(MAX);
    expect(nextVersion(1, headAt(MAX - 1))).toBe(MAX);
    expect(codeOf(() => nextVersion(1, headAt(MAX)))).toBe('STATE_VERSION_EXHAUSTED');
  });

  test('continues from the key where the counter is used up', () => {
    expect(nextVersion(MAX + 1, undefined)).toBe(1);
    expect(nextVersion(MAX + 1, headAt(41))).toBe(42);
    expect(codeOf(() => nextVersion(MAX + 1, headAt(MAX)))).toBe('STATE_VERSION_EXHAUSTED');
  });
});

describe('VersionCounter', () => {
  test('starts at 1, or after the latest version in use', () => {
    expect(new VersionCounter().next(undefined)).toBe(1);
    expect(new VersionCounter(41).next(undefined)).toBe(42);
  });

  test('never gives a version twice and never goes back', () => {
    const counter = new VersionCounter();
    expect([counter.next(undefined), counter.next(headAt(10)), counter.next(headAt(2))]).toEqual([1, 11, 12]);
  });

  test('is advanced by versions that callers chose, and by no lower ones', () => {
    const counter = new VersionCounter();
    counter.observe(1_700_000_000_000_000);
    counter.observe(5);
    expect(counter.next(undefined)).toBe(1_700_000_000_000_001);
  });

  test('survives the highest version: only the key that has it cannot be written any more', () => {
    const counter = new VersionCounter(10);
    counter.observe(MAX);
    expect(counter.exhausted).toBe(true);
    expect(counter.next(headAt(3))).toBe(4);
    expect(counter.next(undefined)).toBe(1);
    expect(codeOf(() => counter.next(headAt(MAX)))).toBe('STATE_VERSION_EXHAUSTED');
    expect(counter.next(headAt(4))).toBe(5);
  });

  test('gives the last version once', () => {
    const counter = new VersionCounter(MAX - 1);
    expect(counter.exhausted).toBe(false);
    expect(counter.next(undefined)).toBe(MAX);
    expect(counter.exhausted).toBe(true);
  });

  test('does not take in what is not a version', () => {
    for (const version of [Number.NaN, 0.5, -1, MAX + 1, Number.POSITIVE_INFINITY]) {
      expect(() => new VersionCounter().observe(version)).toThrow('invariant violated');
    }
  });
});
