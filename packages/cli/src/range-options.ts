/** The options that choose a range of keys, in one wording for every command that reads or counts one. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { RangeOptions } from '@htkv/engine';

import type { ByteEncoding } from './byte-encoding.ts';
import { cursorKey } from './cursor.ts';
import { usage } from './failure.ts';
import { keyArgument } from './key-argument.ts';

export interface RangeWords {
  readonly prefix?: string;
  readonly gt?: string;
  readonly gte?: string;
  readonly lt?: string;
  readonly lte?: string;
  readonly reverse?: boolean;
  readonly limit?: number;
  readonly cursor?: string;
}

/** Adds the bounds: everything but how many and in which direction. */
export function addBoundOptions(command: Command): Command {
  return command
    .option('-p, --prefix <prefix>', 'only keys that begin with PREFIX')
    .option('--gte <key>', 'only KEY and keys behind it')
    .option('--gt <key>', 'only keys behind KEY')
    .option('--lte <key>', 'only KEY and keys before it')
    .option('--lt <key>', 'only keys before KEY');
}

/** Adds the bounds, a direction, a limit and a place to go on from. */
export function addRangeOptions(command: Command): Command {
  return addBoundOptions(command)
    .option('-r, --reverse', 'from the last key to the first')
    .option('-n, --limit <count>', 'at most so many', wholeNumber)
    .addOption(new Option('--cursor <cursor>', 'go on behind the place that an earlier command told'));
}

/** The range that the options mean. Throws `CLI_USAGE`. */
export function rangeOf(words: RangeWords, encoding: ByteEncoding): RangeOptions {
  const key = (text: string | undefined, what: 'KEY' | 'PREFIX' = 'KEY'): Uint8Array | undefined =>
    text === undefined ? undefined : keyArgument(text, encoding, what);
  const { reverse, limit } = words;
  const range = {
    prefix: key(words.prefix, 'PREFIX'),
    gte: key(words.gte),
    lte: key(words.lte),
    gt: key(words.gt),
    lt: key(words.lt),
    reverse,
    limit,
  };
  if (words.cursor === undefined) return range;
  const bound = reverse === true ? 'lt' : 'gt';
  if (range[bound] !== undefined) throw usage(`expected --cursor or --${bound}, got both`);
  return { ...range, [bound]: cursorKey(words.cursor) };
}

export function wholeNumber(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(count)) return count;
  throw new InvalidArgumentError('Expected a whole number.');
}

export function positiveNumber(text: string): number {
  const count = wholeNumber(text);
  if (count > 0) return count;
  throw new InvalidArgumentError('Expected a whole number from 1.');
}

/** What of `range` is left behind the `count` entries up to `lastKey`; all of it before the first one. */
export function rangeBehind(
  range: RangeOptions,
  lastKey: Uint8Array | undefined,
  count: number,
): RangeOptions {
  if (lastKey === undefined) return range;
  const bounds = range.reverse === true ? { lte: undefined, lt: lastKey } : { gte: undefined, gt: lastKey };
  return { ...range, ...bounds, limit: range.limit === undefined ? undefined : range.limit - count };
}
