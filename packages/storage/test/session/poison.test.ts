/**
 * Proves that why writing has ended is seen by every thread, with everything but the cause, and that the first reason
 * stays.
 */
import { CodedError } from '@htkv/base';
import { expect, test } from 'vitest';

import { ControlMemory, controlBytes, POISON_TEXT_BYTES } from '../../src/control/shared-memory.ts';
import { ioFailure } from '../../src/failure.ts';
import { Poison } from '../../src/session/poison.ts';

function threadsOver(count: number): Poison[] {
  const memory = new ArrayBuffer(controlBytes(1));
  return Array.from({ length: count }, () => new Poison(new ControlMemory(memory, 1)));
}

test('nothing has failed at first', () => {
  for (const poison of threadsOver(2)) expect(poison.failure).toBeUndefined();
});

test('another thread sees code, message and details; the one that failed has the failure itself', () => {
  const [one, other] = threadsOver(2);
  const failure = ioFailure('/data/\u{1F600} segment', 'sync', new Error('the cause'));
  expect(other!.failure).toBeUndefined();
  one!.set(failure);
  expect(one!.failure).toBe(failure);
  const seen = other!.failure!;
  expect(seen).toBeInstanceOf(CodedError);
  expect([seen.code, seen.message, seen.details]).toEqual([failure.code, failure.message, failure.details]);
  expect(other!.failure).toBe(seen);
});

test('the first reason stays', () => {
  const [one, other, third] = threadsOver(3);
  one!.set(new CodedError('STORAGE_IO', 'first'));
  other!.set(new CodedError('STORAGE_IO', 'second'));
  one!.set(new CodedError('STORAGE_IO', 'third'));
  for (const poison of [one, other, third]) expect(poison!.failure?.message).toBe('first');
});

test('a failure without details has none elsewhere', () => {
  const [one, other] = threadsOver(2);
  one!.set(new CodedError('STORAGE_IO', 'plain'));
  expect(other!.failure?.details).toEqual(new CodedError('STORAGE_IO', 'plain').details);
});

test('a failure that is too long for its place is told as far as it fits', () => {
  const [one, other] = threadsOver(2);
  one!.set(ioFailure(`/${'long/'.repeat(POISON_TEXT_BYTES)}`, 'write', new Error('the cause')));
  expect(other!.failure?.code).toBe('STORAGE_IO');
  expect(other!.failure?.message).toMatch(/^cannot write \/long\//);
});

test('a long failure of letters that take many bytes is told too', () => {
  const [one, other] = threadsOver(2);
  one!.set(ioFailure(`/${'\u0001\u{1F600}'.repeat(POISON_TEXT_BYTES)}`, 'write', new Error('the cause')));
  expect(other!.failure?.code).toBe('STORAGE_IO');
});
