/**
 * The calls of one thread of a history, recorded in shared memory while they are made, so that they are known even if
 * the thread is killed during one. The clock is a counter that all threads of the history share.
 *
 * A row is seven numbers: key, kind, value, condition, invocation, return, and two of the result.
 */
import type { SingleNodeEngine } from '@htkv/engine';
import { SeededRandom } from '@htkv/storage/testing';

import type { Operation, Seen, WriteResult } from './linearizable.ts';

/** What a thread needs to make its calls, as data that threads can send each other. */
export interface CallPlan {
  readonly seed: string;
  /** Of keys. Two histories never have the same one. */
  readonly prefix: string;
  readonly thread: number;
  readonly count: number;
  readonly keys: number;
  /** Shared: the clock, then how many threads have come to the start. */
  readonly clock: Int32Array;
  readonly threads: number;
  /** Shared, {@link rowsFor} of `count`. */
  readonly rows: Float64Array;
}

const ROW = 8;
const KEY = 0;
const KIND = 1;
const VALUE = 2;
const CONDITION = 3;
const INVOKED = 4;
const RETURNED = 5;
const RESULT = 6;
const VERSION = 7;

const KINDS = [
  'none',
  'get',
  'getEntry',
  'put',
  'putAbsent',
  'putVersion',
  'delete',
  'deletePresent',
] as const;
const WRITE_RESULTS: readonly WriteResult[] = ['unknown', 'applied', 'removed', 'ignoredStale', 'conflict'];

const TICKS = 0;
const COME = 1;
const decoder = new TextDecoder();

/** Memory for `count` calls. */
export function rowsFor(count: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(count * ROW * 8));
}

export function newClock(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(8));
}

/** Waits until all threads of the history have come, then makes the calls. */
export function makeCalls(engine: SingleNodeEngine, plan: CallPlan): void {
  waitForOthers(plan);
  const random = new SeededRandom(`${plan.seed}/${plan.thread}`);
  const versions = Array.from({ length: plan.keys }, () => 0);
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let index = 0; index < plan.count; index += 1) {
    makeCall(engine, plan, plan.rows.subarray(index * ROW, (index + 1) * ROW), random, versions, index);
    // Where there are fewer processors than threads, they would take turns of a whole history.
    if (random.chance(0.02)) Atomics.wait(pause, 0, 0, 0.02);
  }
}

function waitForOthers({ clock, threads }: CallPlan): void {
  Atomics.add(clock, COME, 1);
  Atomics.notify(clock, COME);
  for (let come = Atomics.load(clock, COME); come < threads; come = Atomics.load(clock, COME)) {
    Atomics.wait(clock, COME, come, 100);
  }
}

function makeCall(
  engine: SingleNodeEngine,
  { prefix, thread, keys, clock }: CallPlan,
  row: Float64Array,
  random: SeededRandom,
  versions: number[],
  index: number,
): void {
  const keyIndex = random.below(keys);
  const key = `${prefix}/${keyIndex}`;
  const kind = chooseKind(random);
  const value = thread * 1_000_000 + index + 1;
  const ifVersion = Math.max(1, versions[keyIndex]!);
  row[KEY] = keyIndex;
  row[VALUE] = value;
  row[CONDITION] = ifVersion;
  row[KIND] = KINDS.indexOf(kind);
  row[INVOKED] = Atomics.add(clock, TICKS, 1) + 1;
  if (kind === 'get') {
    row[RESULT] = numberOf(engine.get(key));
  } else if (kind === 'getEntry') {
    const entry = engine.getEntry(key);
    row[RESULT] = numberOf(entry?.value);
    row[VERSION] = entry?.version ?? 0;
    versions[keyIndex] = entry?.version ?? 0;
  } else {
    row[RESULT] = WRITE_RESULTS.indexOf(write(engine, key, kind, value, ifVersion, random));
  }
  // Not before the result is there: what has no return has no result.
  row[RETURNED] = Atomics.add(clock, TICKS, 1) + 1;
}

function chooseKind(random: SeededRandom): (typeof KINDS)[number] {
  const chosen = random.below(20);
  if (chosen < 5) return 'get';
  if (chosen < 10) return 'getEntry';
  if (chosen < 14) return 'put';
  if (chosen < 16) return 'putAbsent';
  if (chosen < 18) return 'putVersion';
  return chosen < 19 ? 'delete' : 'deletePresent';
}

function write(
  engine: SingleNodeEngine,
  key: string,
  kind: (typeof KINDS)[number],
  value: number,
  ifVersion: number,
  random: SeededRandom,
): WriteResult {
  // One in fifty is long, so that pages fill and leave.
  const text = String(value).padEnd(random.chance(0.02) ? 20_000 : random.below(300));
  if (kind === 'put') return engine.putSync(key, text);
  if (kind === 'putAbsent') return engine.putSync(key, text, { ifAbsent: true });
  if (kind === 'putVersion') return engine.putSync(key, text, { ifVersion });
  return kind === 'delete' ? engine.deleteSync(key) : engine.deleteSync(key, { ifPresent: true });
}

function numberOf(value: Uint8Array | undefined): number {
  return value === undefined ? 0 : Number(decoder.decode(value));
}

/** The calls as the check wants them; the last of a thread that was killed has no result. */
export function recordedCalls({ thread, rows }: CallPlan): Operation[] {
  const operations: Operation[] = [];
  for (let from = 0; from < rows.length; from += ROW) {
    const row = rows.subarray(from, from + ROW);
    if (row[INVOKED] === 0) break;
    const kind = KINDS[row[KIND]!]!;
    const isKnown = row[RETURNED]! > 0;
    const timed = {
      thread,
      key: row[KEY]!,
      invokedAt: row[INVOKED]!,
      returnedAt: isKnown ? row[RETURNED]! : Infinity,
    };
    if (kind === 'get' || kind === 'getEntry') {
      // A read that did not return says nothing.
      if (isKnown) operations.push({ ...timed, call: { kind: 'get' }, result: seen(row, kind) });
      continue;
    }
    const result = isKnown ? WRITE_RESULTS[row[RESULT]!]! : 'unknown';
    const conditions = {
      ...(kind === 'putAbsent' && { ifAbsent: true }),
      ...(kind === 'putVersion' && { ifVersion: row[CONDITION]! }),
      ...(kind === 'deletePresent' && { ifPresent: true }),
    };
    const call = kind.startsWith('put')
      ? ({ kind: 'put', value: row[VALUE]!, ...conditions } as const)
      : ({ kind: 'delete', ...conditions } as const);
    operations.push({ ...timed, call, result });
  }
  return operations;
}

function seen(row: Float64Array, kind: 'get' | 'getEntry'): Seen | 'absent' {
  const value = row[RESULT]!;
  if (value === 0) return 'absent';
  return kind === 'get' ? { value } : { value, version: row[VERSION]! };
}
