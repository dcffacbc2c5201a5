/**
 * Proves that a coded error carries its code, details and cause unchanged, and that `errorCode` finds the code of
 * any error that has one, whoever threw it.
 */

import { describe, expect, expectTypeOf, test } from 'vitest';

import { CodedError, errorCode } from '../src/coded-error.ts';

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
