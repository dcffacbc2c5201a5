/**
 * The checks at the edge: what a caller hands in is a well-formed command, or an error says what was expected and
 * what was received. Wrong kinds of things are a `TypeError` with the code `VALIDATION_TYPE`, right kinds out of
 * range a `RangeError` with `VALIDATION_RANGE`. Messages never contain a key or a value.
 */

import { ArgumentRangeError, ArgumentTypeError } from '@htkv/base';

import type { Command } from './command.ts';
import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from './command.ts';

type Fields = Readonly<Record<string, unknown>>;

const SET_PROPERTIES: ReadonlySet<string> = new Set([
  'type',
  'key',
  'value',
  'version',
  'timestamp',
  'expiresAt',
  'ifVersion',
  'ifAbsent',
  'ifPresent',
]);
const DELETE_PROPERTIES: ReadonlySet<string> = new Set([
  'type',
  'key',
  'version',
  'timestamp',
  'ifVersion',
  'ifPresent',
]);
const BATCH_PROPERTIES: ReadonlySet<string> = new Set(['type', 'commands', 'atomic']);

/** Longest piece of a caller's own text that a message repeats. */
const QUOTED_CHARACTERS_MAX = 32;

/**
 * Throws unless `command` is a well-formed command, stamped or not. O(items); bytes are not looked at.
 *
 * @throws TypeError (`VALIDATION_TYPE`) for a wrong type, an unknown property, contradictory conditions or a nested batch
 * @throws RangeError (`VALIDATION_RANGE`) for a length or a number out of range
 */
export function checkCommand(command: unknown): asserts command is Command {
  const fields = checkObject(command, 'command');
  switch (fields['type']) {
    case 'set':
      return checkSet(fields, '');
    case 'delete':
      return checkDelete(fields, '');
    case 'batch':
      return checkBatch(fields);
    default:
      throw new ArgumentTypeError(
        `expected type to be 'set', 'delete' or 'batch', got ${quoted(fields['type'])}`,
      );
  }
}

/** Throws unless `key` is a `Uint8Array` of at most {@link KEY_BYTES_MAX} bytes. `name` is what messages call it. */
export function checkKey(key: unknown, name = 'key'): asserts key is Uint8Array {
  if (!isBytes(key)) throw new ArgumentTypeError(`expected ${name} to be a Uint8Array, got ${received(key)}`);
  if (key.length > KEY_BYTES_MAX) {
    throw new ArgumentRangeError(
      `expected ${name} to have at most ${KEY_BYTES_MAX} bytes, got ${key.length}`,
    );
  }
}

/** Throws unless `value` is a `Uint8Array` of at most {@link VALUE_BYTES_MAX} bytes. */
export function checkValue(value: unknown, name = 'value'): asserts value is Uint8Array {
  if (!isBytes(value))
    throw new ArgumentTypeError(`expected ${name} to be a Uint8Array, got ${received(value)}`);
  if (value.length > VALUE_BYTES_MAX) {
    throw new ArgumentRangeError(
      `expected ${name} to have at most ${VALUE_BYTES_MAX} bytes, got ${value.length}`,
    );
  }
}

/** Throws unless `version` is a safe integer from 1. */
export function checkVersion(version: unknown, name = 'version'): asserts version is number {
  checkInteger(version, 1, name);
}

/** Throws unless `timestamp` is a safe integer from 0: milliseconds since the epoch, `expiresAt` included. */
export function checkTimestamp(timestamp: unknown, name = 'timestamp'): asserts timestamp is number {
  checkInteger(timestamp, 0, name);
}

/** Throws unless `atomic` is left out or one of its two words. */
export function checkAtomicity(atomic: unknown): void {
  if (atomic === undefined || atomic === 'perItem' || atomic === 'allOrNothing') return;
  throw new ArgumentTypeError(`expected atomic to be 'perItem' or 'allOrNothing', got ${quoted(atomic)}`);
}

/**
 * Throws unless the conditions of one write are well formed and can hold together. The engine's options and the
 * commands share these three properties.
 */
export function checkConditions(conditions: object, path = ''): void {
  const fields = conditions as Fields;
  checkFlag(fields, 'ifAbsent', path);
  checkFlag(fields, 'ifPresent', path);
  const ifVersion = fields['ifVersion'];
  if (ifVersion !== undefined) checkVersion(ifVersion, `${path}ifVersion`);
  if (fields['ifAbsent'] !== true) return;
  if (fields['ifPresent'] === true) {
    throw new ArgumentTypeError(
      `expected ${path}ifAbsent without ifPresent, got both: they never hold together`,
    );
  }
  if (ifVersion !== undefined) {
    throw new ArgumentTypeError(
      `expected ${path}ifAbsent without ifVersion, got both: they never hold together`,
    );
  }
}

function checkSet(fields: Fields, path: string): void {
  checkProperties(fields, SET_PROPERTIES, path);
  checkKey(fields['key'], `${path}key`);
  checkValue(fields['value'], `${path}value`);
  checkStamp(fields, path);
  if (fields['expiresAt'] !== undefined) checkTimestamp(fields['expiresAt'], `${path}expiresAt`);
  checkConditions(fields, path);
}

function checkDelete(fields: Fields, path: string): void {
  checkProperties(fields, DELETE_PROPERTIES, path);
  checkKey(fields['key'], `${path}key`);
  checkStamp(fields, path);
  checkConditions(fields, path);
}

function checkBatch(fields: Fields): void {
  checkProperties(fields, BATCH_PROPERTIES, '');
  checkAtomicity(fields['atomic']);
  const commands: unknown = fields['commands'];
  if (!Array.isArray(commands)) {
    throw new ArgumentTypeError(`expected commands to be an array, got ${received(commands)}`);
  }
  for (let index = 0; index < commands.length; index += 1) {
    const item = checkObject(commands[index], `commands[${index}]`);
    const path = `commands[${index}].`;
    if (item['type'] === 'set') checkSet(item, path);
    else if (item['type'] === 'delete') checkDelete(item, path);
    else
      throw new ArgumentTypeError(
        `expected ${path}type to be 'set' or 'delete', got ${quoted(item['type'])}`,
      );
  }
}

function checkStamp(fields: Fields, path: string): void {
  if (fields['version'] !== undefined) checkVersion(fields['version'], `${path}version`);
  if (fields['timestamp'] !== undefined) checkTimestamp(fields['timestamp'], `${path}timestamp`);
}

function checkObject(candidate: unknown, name: string): Fields {
  if (typeof candidate === 'object' && candidate !== null && !Array.isArray(candidate)) {
    return candidate as Fields;
  }
  throw new ArgumentTypeError(`expected ${name} to be an object, got ${received(candidate)}`);
}

function checkProperties(fields: Fields, known: ReadonlySet<string>, path: string): void {
  for (const name of Object.keys(fields)) {
    if (known.has(name)) continue;
    throw new ArgumentTypeError(
      `expected the properties of ${path}${String(fields['type'])} to be ${[...known].join(', ')}, got ${quoted(name)}`,
    );
  }
}

function checkFlag(fields: Fields, name: string, path: string): void {
  const flag = fields[name];
  if (flag === undefined || typeof flag === 'boolean') return;
  throw new ArgumentTypeError(`expected ${path}${name} to be a boolean, got ${received(flag)}`);
}

function checkInteger(candidate: unknown, least: number, name: string): void {
  if (typeof candidate !== 'number') {
    throw new ArgumentTypeError(`expected ${name} to be a number, got ${received(candidate)}`);
  }
  if (Number.isSafeInteger(candidate) && candidate >= least) return;
  throw new ArgumentRangeError(`expected ${name} to be a safe integer from ${least}, got ${candidate}`);
}

/** Also true for arrays of another realm, which `instanceof` does not recognise. */
function isBytes(candidate: unknown): candidate is Uint8Array {
  return (
    candidate instanceof Uint8Array || Object.prototype.toString.call(candidate) === '[object Uint8Array]'
  );
}

/** The kind of what was received, never its content: it could be a key or a value in the wrong place. */
function received(candidate: unknown): string {
  if (candidate === undefined || candidate === null) return String(candidate);
  if (Array.isArray(candidate)) return 'an array';
  return typeof candidate === 'object' ? 'an object' : `a ${typeof candidate}`;
}

/** For properties that hold a word of ours, not a caller's data: the word that was received, shortened. */
function quoted(candidate: unknown): string {
  if (typeof candidate !== 'string') return received(candidate);
  if (candidate.length <= QUOTED_CHARACTERS_MAX) return `'${candidate}'`;
  return `'${candidate.slice(0, QUOTED_CHARACTERS_MAX)}...'`;
}
