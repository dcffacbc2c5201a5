/** The checks of what a batch asks for besides its items. */
import { ArgumentTypeError } from '@htkv/base';

import { checkKey, checkTimestamp, checkVersion } from './check-fields.ts';
import { isConditional, type BatchCommand } from './command.ts';

const CONDITION_PROPERTIES = new Set(['key', 'version']);
const RANGE_PROPERTIES = new Set(['gt', 'gte', 'lt', 'lte', 'digest']);
const DIGEST = /^[0-9a-f]{16}$/;

/** Throws unless `conditions`, `ranges` and `timestamp` of a batch are well formed. O(conditions). */
export function checkBatchConditions(fields: Readonly<Record<string, unknown>>): void {
  const { conditions, ranges, timestamp } = fields;
  eachOf(conditions, 'conditions', CONDITION_PROPERTIES, (condition, path) => {
    checkKey(condition['key'], `${path}key`);
    if (condition['version'] !== undefined) checkVersion(condition['version'], `${path}version`);
  });
  eachOf(ranges, 'ranges', RANGE_PROPERTIES, checkRangeCondition);
  if (timestamp === undefined) return;
  checkTimestamp(timestamp);
  if (isConditional(fields as unknown as BatchCommand)) return;
  throw new ArgumentTypeError('expected a batch to have a timestamp only with conditions or ranges');
}

function checkRangeCondition(range: Readonly<Record<string, unknown>>, path: string): void {
  for (const name of ['gt', 'gte', 'lt', 'lte']) {
    if (range[name] !== undefined) checkKey(range[name], `${path}${name}`);
  }
  for (const [exclusive, inclusive] of [
    ['gt', 'gte'],
    ['lt', 'lte'],
  ] as const) {
    if (range[exclusive] === undefined || range[inclusive] === undefined) continue;
    throw new ArgumentTypeError(`expected ${path}${exclusive} without ${inclusive}, got both`);
  }
  const { digest } = range;
  if (typeof digest === 'string' && DIGEST.test(digest)) return;
  throw new ArgumentTypeError(`expected ${path}digest to be 16 hexadecimal digits in small letters`);
}

function eachOf(
  list: unknown,
  name: string,
  known: ReadonlySet<string>,
  check: (item: Readonly<Record<string, unknown>>, path: string) => void,
): void {
  if (list === undefined) return;
  if (!Array.isArray(list)) throw new ArgumentTypeError(`expected ${name} to be an array`);
  for (const [index, item] of list.entries() as Iterable<[number, unknown]>) {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) {
      throw new ArgumentTypeError(`expected ${name}[${index}] to be an object`);
    }
    for (const property of Object.keys(item)) {
      if (known.has(property)) continue;
      throw new ArgumentTypeError(
        `expected the properties of ${name}[${index}] to be ${[...known].join(', ')}`,
      );
    }
    check(item as Readonly<Record<string, unknown>>, `${name}[${index}].`);
  }
}
