/** What to follow, as callers say it and as the log takes it. */
import { ArgumentRangeError, ArgumentTypeError, checkTimestamp, copyBytes } from '@htkv/state';
import type { FeedBounds, KeyRange } from '@htkv/storage';

import { keyBytes } from '../key-bytes.ts';
import { checkKnownOptions, shown } from '../known-options.ts';
import { checkRange } from '../range.ts';
import type { ChangeFilter, CommitLogOptions, WatchOptions } from './change.ts';

/** Checked. */
export interface FeedOptions {
  /** Undefined for what is written from now on. */
  readonly since: number | undefined;
  readonly keys: KeyRange | undefined;
  readonly limit: number;
  readonly signal: AbortSignal | undefined;
  /** Whether to wait for more at the end, and whether that keeps the thread alive. */
  readonly follows: boolean;
  readonly persistent: boolean;
  readonly marksBatches: boolean;
}

const BOUND_NAMES = ['prefix', 'gt', 'gte', 'lt', 'lte'] as const;
const WATCH_NAMES = ['key', ...BOUND_NAMES, 'since', 'signal', 'persistent'];
const READ_NAMES = ['key', ...BOUND_NAMES, 'from', 'limit', 'signal'];

/** Throws a `TypeError` or `RangeError`. `bounds` says how far the log goes; it is asked only where that matters. */
export function checkWatch(options: WatchOptions, bounds: () => FeedBounds): FeedOptions {
  checkKnownOptions(options, WATCH_NAMES, 'the watch');
  const { since, signal, persistent } = options;
  const keys = checkFilter(options);
  checkRange({ signal });
  if (persistent !== undefined && typeof persistent !== 'boolean') {
    throw new ArgumentTypeError(`expected persistent to be a boolean, got ${shown(persistent)}`);
  }
  if (since !== undefined) checkPlace(since, 'since', () => bounds().last);
  return {
    since,
    keys,
    limit: Number.POSITIVE_INFINITY,
    signal,
    follows: true,
    persistent: persistent ?? true,
    marksBatches: false,
  };
}

/** As {@link checkWatch}. */
export function checkRead(options: CommitLogOptions, bounds: () => FeedBounds): FeedOptions {
  checkKnownOptions(options, READ_NAMES, 'the options');
  const { from, limit, signal } = options;
  const keys = checkFilter(options);
  const checked = checkRange({ limit, signal });
  if (from !== undefined) checkPlace(from, 'from', () => bounds().last + 1);
  return {
    since: from === undefined ? bounds().oldest : Math.max(0, from - 1),
    keys,
    limit: checked.limit,
    signal,
    follows: false,
    persistent: true,
    marksBatches: true,
  };
}

/** Undefined for all keys. */
function checkFilter({ key, ...options }: ChangeFilter): KeyRange | undefined {
  const given = BOUND_NAMES.filter((name) => options[name] !== undefined);
  if (key === undefined) {
    const { prefix, gt, gte, lt, lte } = options;
    return given.length === 0 ? undefined : checkRange({ prefix, gt, gte, lt, lte }).keys;
  }
  if (given.length > 0) throw new ArgumentTypeError(`expected key or ${given.join(' and ')}, got both`);
  const only = copyBytes(keyBytes(key));
  return { lower: only, lowerInclusive: true, upper: only, upperInclusive: true };
}

/** A place that was never reached is of another store, or of one that has lost it: following it would leave out changes. */
function checkPlace(place: number, name: string, most: () => number): void {
  checkTimestamp(place, name);
  const last = most();
  if (place <= last) return;
  throw new ArgumentRangeError(`expected ${name} to be at most ${last}, got ${place}`);
}
