/**
 * Proves that assertions stay silent when they hold and throw the one error that means "the code is wrong" when they
 * do not.
 */

import { expect, test } from 'vitest';

import { assert, InvariantError, unreachable } from '../src/assert.ts';
import { errorCode } from '../src/coded-error.ts';

test('an assertion that holds does nothing and narrows the type', () => {
  const candidate: string | undefined = ['text'].at(0);
  assert(candidate !== undefined, 'there is a text');
  expect(candidate.length).toBe(4);
});

test('an assertion that does not hold throws an InvariantError with a code', () => {
  const failing = (): void => assert(['text'].length > 1, 'there are two texts');
  expect(failing).toThrow(InvariantError);
  expect(failing).toThrow('invariant violated: there are two texts');
  expect(errorCode(new InvariantError('x'))).toBe('INVARIANT_VIOLATED');
  expect(new InvariantError('x').name).toBe('InvariantError');
});

test('a branch that cannot be reached says what reached it', () => {
  expect(() => unreachable('surprise' as never)).toThrow('invariant violated: unexpected surprise');
});
