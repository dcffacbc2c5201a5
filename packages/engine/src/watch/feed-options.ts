/** What to follow, as callers say it and as the log takes it. */
import { ArgumentRangeError, ArgumentTypeError, checkTimestamp } from '@htkv/state';
import type { FeedBounds, KeyRange } from '@htkv/storage';

import { keyBytes } from '../key-bytes.ts';
import { checkKnownOptions, shown } from '../known-options.ts';
import { checkRange } from '../range.ts';
import type { CommitLogOptions, WatchOptions } from './change.ts';

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
const READ_NAMES = ['from', 'limit', 'signal'];

/** Throws a `TypeError` or `RangeError`. `bounds` says how far the log goes; it is asked only where that matters. */
export function checkWatch(options: WatchOptions, bounds: () => FeedBounds): FeedOptions {
  checkKnownOptions(options, WATCH_NAMES, 'the watch');
  const { key, since, signal, persistent } = options;
  const given = BOUND_NAMES.filter((name) => options[name] !== undefined);
  if (key !== undefined && given.length > 0) {
    throw new ArgumentTypeError(`expected key or ${given.join(' and ')}, got both`);
  }
  if (key !== undefined) keyBytes(key);
  if (persistent !== undefined && typeof persistent !== 'boolean') {
    throw new ArgumentTypeError(`expected persistent to be a boolean, got ${shown(persistent)}`);
  }
  const { prefix, gt, gte, lt, lte } = options;
  const range = checkRange(
    key === undefined ? { prefix, gt, gte, lt, lte, signal } : { gte: key, lte: key, signal },
  );
  if (since !== undefined) checkPlace(since, 'since', () => bounds().last);
  return {
    since,
    keys: key === undefined && given.length === 0 ? undefined : range.keys,
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
  const checked = checkRange({ limit, signal });
  if (from !== undefined) checkPlace(from, 'from', () => bounds().last + 1);
  return {
    since: from === undefined ? bounds().oldest : Math.max(0, from - 1),
    keys: undefined,
    limit: checked.limit,
    signal,
    follows: false,
    persistent: true,
    marksBatches: true,
  };
}

/** A place that was never reached is of another store, or of one that has lost it: following it would leave out changes. */
function checkPlace(place: number, name: string, most: () => number): void {
  checkTimestamp(place, name);
  const last = most();
  if (place <= last) return;
  throw new ArgumentRangeError(`expected ${name} to be at most ${last}, got ${place}`);
}
