/**
 * Proves that every malformed command is refused with the right kind of error and a message that says what was
 * expected and what was received, without a byte of a key or a value; and that well-formed ones pass.
 */

import { utf8 } from '@htkv/base';
import { describe, expect, test } from 'vitest';

import { checkCommand } from '../src/check-command.ts';
import { checkKey, checkTimestamp, checkValue, checkVersion } from '../src/check-fields.ts';
import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from '../src/command.ts';

const key = utf8('secret-key');
const value = utf8('secret-value');
const set = { type: 'set', key, value };
const removal = { type: 'delete', key };

/** The error that checking `command` throws, as `name: message`. */
function refusal(command: unknown): string {
  try {
    checkCommand(command);
  } catch (error) {
    return String(error);
  }
  return 'accepted';
}

describe('well-formed commands pass', () => {
  test.each([
    ['a bare set', set],
    ['a bare delete', removal],
    ['an empty key and value', { type: 'set', key: new Uint8Array(0), value: new Uint8Array(0) }],
    ['a Buffer', { type: 'set', key: Buffer.from('k'), value: Buffer.from('v') }],
    [
      'every property of a set',
      { ...set, version: 1, timestamp: 0, expiresAt: 0, ifVersion: 1, ifPresent: true },
    ],
    ['every property of a delete', { ...removal, version: 1, timestamp: 0, ifVersion: 1, ifPresent: true }],
    ['undefined and false for left out', { ...set, version: undefined, ifAbsent: true, ifPresent: false }],
    ['the longest key', { ...set, key: new Uint8Array(KEY_BYTES_MAX) }],
    ['the highest numbers', { ...set, version: Number.MAX_SAFE_INTEGER, expiresAt: Number.MAX_SAFE_INTEGER }],
    ['an empty batch', { type: 'batch', commands: [] }],
    ['a batch in either mode', { type: 'batch', commands: [set, removal, set], atomic: 'allOrNothing' }],
    ['a batch in the default mode', { type: 'batch', commands: [set], atomic: 'perItem' }],
  ])('%s', (_, command) => {
    expect(refusal(command)).toBe('accepted');
  });
});

describe('what is not a command is a TypeError', () => {
  test.each([
    [undefined, 'TypeError: expected command to be an object, got undefined'],
    [null, 'TypeError: expected command to be an object, got null'],
    ['set', 'TypeError: expected command to be an object, got a string'],
    [[set], 'TypeError: expected command to be an object, got an array'],
    [{}, "TypeError: expected type to be 'set', 'delete' or 'batch', got undefined"],
    [{ type: 'put', key }, "TypeError: expected type to be 'set', 'delete' or 'batch', got 'put'"],
    [
      { type: 'x'.repeat(100) },
      `TypeError: expected type to be 'set', 'delete' or 'batch', got '${'x'.repeat(32)}...'`,
    ],
  ])('%#', (command, message) => {
    expect(refusal(command)).toBe(message);
  });
});

describe('properties that do not belong are a TypeError', () => {
  test.each([
    [
      { ...set, ttl: 5 },
      'TypeError: expected the properties of set to be ' +
        "type, key, value, version, timestamp, expiresAt, ifVersion, ifAbsent, ifPresent, got 'ttl'",
    ],
    [
      { ...removal, value },
      "TypeError: expected the properties of delete to be type, key, version, timestamp, ifVersion, ifPresent, got 'value'",
    ],
    [
      { type: 'batch', commands: [], key },
      "TypeError: expected the properties of batch to be type, commands, atomic, conditions, ranges, timestamp, got 'key'",
    ],
  ])('%#', (command, message) => {
    expect(refusal(command)).toBe(message);
  });

  test('also inside a batch, by place', () => {
    expect(refusal({ type: 'batch', commands: [set, { ...removal, ifAbsent: true }] })).toContain(
      "expected the properties of commands[1].delete to be type, key, version, timestamp, ifVersion, ifPresent, got 'ifAbsent'",
    );
  });
});

describe('keys and values', () => {
  test.each([
    [{ ...set, key: 'text' }, 'TypeError: expected key to be a Uint8Array, got a string'],
    [{ ...set, key: 42 }, 'TypeError: expected key to be a Uint8Array, got a number'],
    [{ ...set, key: [1, 2] }, 'TypeError: expected key to be a Uint8Array, got an array'],
    [{ ...set, key: new Uint16Array(1) }, 'TypeError: expected key to be a Uint8Array, got an object'],
    [{ ...set, key: new ArrayBuffer(1) }, 'TypeError: expected key to be a Uint8Array, got an object'],
    [{ type: 'set', key }, 'TypeError: expected value to be a Uint8Array, got undefined'],
    [{ ...set, value: null }, 'TypeError: expected value to be a Uint8Array, got null'],
    [{ type: 'delete' }, 'TypeError: expected key to be a Uint8Array, got undefined'],
    [
      { ...set, key: new Uint8Array(KEY_BYTES_MAX + 1) },
      'RangeError: expected key to have at most 65535 bytes, got 65536',
    ],
  ])('%#', (command, message) => {
    expect(refusal(command)).toBe(message);
  });

  test('a value of 256 MiB passes and one byte more does not', () => {
    // Never touched, so the memory is only reserved.
    const room = new Uint8Array(VALUE_BYTES_MAX + 1);
    expect(refusal({ ...set, value: room.subarray(1) })).toBe('accepted');
    expect(refusal({ ...set, value: room })).toBe(
      'RangeError: expected value to have at most 268435456 bytes, got 268435457',
    );
  });

  test('a Uint8Array of another realm is one', async () => {
    const { runInNewContext } = await import('node:vm');
    const foreign: unknown = runInNewContext('new Uint8Array([1, 2, 3])');
    expect(foreign).not.toBeInstanceOf(Uint8Array);
    expect(refusal({ ...set, key: foreign })).toBe('accepted');
  });
});

describe('numbers', () => {
  test.each([
    [{ ...set, version: 0 }, 'RangeError: expected version to be a safe integer from 1, got 0'],
    [{ ...set, version: -1 }, 'RangeError: expected version to be a safe integer from 1, got -1'],
    [{ ...set, version: 1.5 }, 'RangeError: expected version to be a safe integer from 1, got 1.5'],
    [
      { ...set, version: 2 ** 53 },
      'RangeError: expected version to be a safe integer from 1, got 9007199254740992',
    ],
    [{ ...set, version: Number.NaN }, 'RangeError: expected version to be a safe integer from 1, got NaN'],
    [{ ...set, version: '1' }, 'TypeError: expected version to be a number, got a string'],
    [{ ...set, version: 1n }, 'TypeError: expected version to be a number, got a bigint'],
    [{ ...removal, timestamp: -1 }, 'RangeError: expected timestamp to be a safe integer from 0, got -1'],
    [{ ...removal, timestamp: null }, 'TypeError: expected timestamp to be a number, got null'],
    [
      { ...set, expiresAt: Number.POSITIVE_INFINITY },
      'RangeError: expected expiresAt to be a safe integer from 0, got Infinity',
    ],
    [{ ...set, ifVersion: 0 }, 'RangeError: expected ifVersion to be a safe integer from 1, got 0'],
  ])('%#', (command, message) => {
    expect(refusal(command)).toBe(message);
  });
});

describe('conditions', () => {
  test.each([
    [{ ...set, ifAbsent: 1 }, 'TypeError: expected ifAbsent to be a boolean, got a number'],
    [{ ...removal, ifPresent: 'yes' }, 'TypeError: expected ifPresent to be a boolean, got a string'],
    [
      { ...set, ifAbsent: true, ifPresent: true },
      'TypeError: expected ifAbsent without ifPresent, got both: they never hold together',
    ],
    [
      { ...set, ifAbsent: true, ifVersion: 3 },
      'TypeError: expected ifAbsent without ifVersion, got both: they never hold together',
    ],
  ])('%#', (command, message) => {
    expect(refusal(command)).toBe(message);
  });
});

describe('batches', () => {
  test.each([
    [{ type: 'batch' }, 'TypeError: expected commands to be an array, got undefined'],
    [
      { type: 'batch', commands: new Set([set]) },
      'TypeError: expected commands to be an array, got an object',
    ],
    [
      { type: 'batch', commands: [], atomic: 'all' },
      "TypeError: expected atomic to be 'perItem' or 'allOrNothing', got 'all'",
    ],
    [
      { type: 'batch', commands: [], atomic: true },
      "TypeError: expected atomic to be 'perItem' or 'allOrNothing', got a boolean",
    ],
    [
      { type: 'batch', commands: [set, undefined] },
      'TypeError: expected commands[1] to be an object, got undefined',
    ],
    [
      { type: 'batch', commands: [{ type: 'batch', commands: [] }] },
      "TypeError: expected commands[0].type to be 'set' or 'delete', got 'batch'",
    ],
    [
      { type: 'batch', commands: [set, set, { ...set, version: 0 }] },
      'RangeError: expected commands[2].version to be a safe integer from 1, got 0',
    ],
    [
      { type: 'batch', commands: [{ ...removal, ifPresent: 0 }] },
      'TypeError: expected commands[0].ifPresent to be a boolean, got a number',
    ],
  ])('%#', (command, message) => {
    expect(refusal(command)).toBe(message);
  });
});

test('refusals carry a code as well as their kind', () => {
  const refuse = (command: unknown) => (): void => checkCommand(command);
  const wrongKind = refuse({ ...set, key: 'text' });
  const outOfRange = refuse({ ...set, version: 0 });
  expect(wrongKind).toThrow(TypeError);
  expect(wrongKind).toThrow(expect.objectContaining({ code: 'VALIDATION_TYPE' }));
  expect(outOfRange).toThrow(RangeError);
  expect(outOfRange).toThrow(expect.objectContaining({ code: 'VALIDATION_RANGE' }));
});

test('the checks of single parts name the part as they are told', () => {
  expect(() => checkKey('text', 'prefix')).toThrow('expected prefix to be a Uint8Array, got a string');
  expect(() => checkValue(undefined)).toThrow('expected value to be a Uint8Array, got undefined');
  expect(() => checkVersion(0, 'since')).toThrow('expected since to be a safe integer from 1, got 0');
  expect(() => checkTimestamp(-1, 'expiresAt')).toThrow(
    'expected expiresAt to be a safe integer from 0, got -1',
  );
});
