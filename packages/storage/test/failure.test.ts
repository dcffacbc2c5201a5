/**
 * Proves how errors of the operating system are told apart, with errors as Node makes them.
 */
import { CodedError, InvariantError } from '@htkv/base';
import { expect, test } from 'vitest';

import { isNoSpace, isSystemFailure, wrapFailure } from '../src/failure.ts';

function nodeError(code: string, errno: number): Error {
  return Object.assign(new Error(`${code}: write`), { code, errno, syscall: 'write' });
}

test.for([
  ['ENOSPC', -28],
  ['EFBIG', -27],
  ['EDQUOT', -122],
  // What Node says of a quota that is used up: it has no name for the number.
  ['Unknown system error -122', -122],
  ['Unknown system error -69', -69],
] as const)('%s means that there is no room', ([code, errno]) => {
  const error = nodeError(code, errno);
  expect(isNoSpace(error)).toBe(true);
  expect(isSystemFailure(error)).toBe(true);
  expect(wrapFailure('/store/file', 'write', error)).toMatchObject({
    code: 'STORAGE_NO_SPACE',
    cause: error,
  });
});

test('any other error of the system is a failure to do what was asked', () => {
  const error = nodeError('EIO', -5);
  expect(isNoSpace(error)).toBe(false);
  expect(wrapFailure('/store/file', 'sync', error)).toMatchObject({
    code: 'STORAGE_IO',
    message: 'cannot sync /store/file: EIO',
    details: { path: '/store/file', operation: 'sync' },
    cause: error,
  });
});

test('what has our meaning already passes unchanged', () => {
  const error = new CodedError('STORAGE_CORRUPT', 'damaged');
  expect(wrapFailure('/store/file', 'read', error)).toBe(error);
});

test('a mistake and a broken promise are no failures of the system', () => {
  expect(isSystemFailure(new InvariantError('never'))).toBe(false);
  expect(isSystemFailure(new RangeError('expected 1, got 2'))).toBe(false);
  expect(isSystemFailure(new CodedError('STORAGE_LOCKED', 'locked'))).toBe(false);
});
