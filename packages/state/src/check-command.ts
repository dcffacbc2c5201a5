/**
 * The checks at the edge: what a caller hands in is a well-formed command, or an error says what was expected and
 * what was received. Wrong kinds of things are a `TypeError` with the code `VALIDATION_TYPE`, right kinds out of
 * range a `RangeError` with `VALIDATION_RANGE`. Messages never contain a key or a value.
 */

import { ArgumentTypeError } from '@htkv/base';

import { checkBatchConditions } from './check-batch-conditions.ts';
import { checkKey, checkTimestamp, checkValue, checkVersion, received } from './check-fields.ts';
import type { Command } from './command.ts';

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
const BATCH_PROPERTIES: ReadonlySet<string> = new Set([
  'type',
  'commands',
  'atomic',
  'conditions',
  'ranges',
  'timestamp',
]);

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
  checkBatchConditions(fields);
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

/** For properties that hold a word of ours, not a caller's data: the word that was received, shortened. */
function quoted(candidate: unknown): string {
  if (typeof candidate !== 'string') return received(candidate);
  if (candidate.length <= QUOTED_CHARACTERS_MAX) return `'${candidate}'`;
  return `'${candidate.slice(0, QUOTED_CHARACTERS_MAX)}...'`;
}
