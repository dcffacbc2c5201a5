/**
 * Proves that a coded error carries its code, details and cause unchanged, that wrong arguments have a code
 * too, and that `errorCode` finds the code of any error that has one, whoever threw it.
 */

import { describe, expect, expectTypeOf, test } from 'vitest';

import { ArgumentRangeError, ArgumentTypeError, CodedError, errorCode } from '../src/coded-error.ts';

describe('CodedError', () => {
  test('carries code, message, details and cause', () => {
    const cause = new Error('EIO');
    const error = new CodedError('STORAGE_TEST', 'expected one, found two', {
      details: { offset: 7 },
      cause,
    });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'CodedError', code: 'STORAGE_TEST', details: { offset: 7 } });
    expect(error.cause).toBe(cause);
    expect(String(error)).toBe('CodedError: expected one, found two');
    expectTypeOf(error.code).toEqualTypeOf<'STORAGE_TEST'>();
  });

  test('has no cause and empty details unless they are given', () => {
    const error = new CodedError('STORAGE_TEST', 'message');
    expect('cause' in error).toBe(false);
    expect(error.details).toEqual({});
  });

  test('copies and freezes the details', () => {
    const details = { offset: 7 };
    const error = new CodedError('STORAGE_TEST', 'message', { details });
    details.offset = 8;
    expect(error.details).toEqual({ offset: 7 });
    expect(Object.isFrozen(error.details)).toBe(true);
  });
});

describe('the errors for wrong arguments', () => {
  test('are the built-in kinds, with a code', () => {
    const wrongKind = new ArgumentTypeError('expected a key, got a number');
    expect(wrongKind).toBeInstanceOf(TypeError);
    expect(String(wrongKind)).toBe('TypeError: expected a key, got a number');
    expect(errorCode(wrongKind)).toBe('VALIDATION_TYPE');
    const outOfRange = new ArgumentRangeError('expected at most 1, got 2');
    expect(outOfRange).toBeInstanceOf(RangeError);
    expect(String(outOfRange)).toBe('RangeError: expected at most 1, got 2');
    expect(errorCode(outOfRange)).toBe('VALIDATION_RANGE');
  });
});

describe('errorCode', () => {
  test.each([
    [new CodedError('STORAGE_TEST', 'message'), 'STORAGE_TEST'],
    [Object.assign(new Error('no such file'), { code: 'ENOENT' }), 'ENOENT'],
    [{ code: 'PLAIN' }, 'PLAIN'],
    [new Error('no code'), undefined],
    [{ code: 17 }, undefined],
    ['STORAGE_TEST', undefined],
    [undefined, undefined],
    [null, undefined],
  ])('%#', (error, code) => {
    expect(errorCode(error)).toBe(code);
  });
});
