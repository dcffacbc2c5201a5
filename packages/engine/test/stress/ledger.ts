/**
 * What the threads of a stress round know of each other's work, in shared memory, so that it outlives them.
 *
 * Each key of a writer has one counter, which grows by one with each of its writes: `attempted` is set before a write
 * begins, `visible` when it has returned, `acknowledged` when it is on disk. Whoever reads the key finds a counter from
 * what was visible before to what was attempted after; whoever opens the store again finds at least what was
 * acknowledged. The value follows from key and counter, and some counters stand for a delete.
 */

export const WRITERS = 3;
export const KEYS_PER_WRITER = 60;
/** Keys that all writers count up, each time if the version is what they have read. */
export const SHARED_COUNTERS = 4;
export const ACCOUNTS = 5;
export const ACCOUNT_START = 1_000;
export const CLAIMS_MAX = 4_096;
/** Keys that are put once, so that the index grows. */
export const BULK_MAX = 60_000;

const OWN_KEYS = WRITERS * KEYS_PER_WRITER;

/** Shared memory of a round; every array is of 32-bit integers. */
export interface Ledger {
  /** By own key: see above. */
  readonly attempted: Int32Array;
  readonly visible: Int32Array;
  readonly acknowledged: Int32Array;
  /** By shared counter: tries that began, and those that are known to have counted. */
  readonly triesBegun: Int32Array;
  readonly triesWon: Int32Array;
  readonly triesLost: Int32Array;
  /** By claim: one more than the writer that won it. Invariant: it is written once. */
  readonly claims: Int32Array;
  /** By bulk key: 1 when it is visible. */
  readonly bulk: Int32Array;
  /** See {@link Tally}. */
  readonly tally: Int32Array;
}

/** Places in `tally`. */
export const Tally = {
  /** 1 ends the round; 2 lets readers go too. */
  stop: 0,
  operations: 1,
  reads: 2,
  moments: 3,
  claimsBegun: 4,
  claimsDoubled: 5,
  bulkBegun: 6,
  moves: 7,
} as const;

export function newLedger(): Ledger {
  const array = (count: number): Int32Array => new Int32Array(new SharedArrayBuffer(count * 4));
  return {
    attempted: array(OWN_KEYS),
    visible: array(OWN_KEYS),
    acknowledged: array(OWN_KEYS),
    triesBegun: array(SHARED_COUNTERS),
    triesWon: array(SHARED_COUNTERS),
    triesLost: array(SHARED_COUNTERS),
    claims: array(CLAIMS_MAX),
    bulk: array(BULK_MAX),
    tally: array(16),
  };
}

export function ownKey(index: number): string {
  return `own ${index}`;
}

/** Whether the write of that counter is a delete; the state before the first write is none either. */
export function isDelete(counter: number): boolean {
  return counter % 7 === 0;
}

/** Bytes of a value: mostly few, now and then a good part of a page, seldom more than a page. */
function bytesOf(index: number, counter: number): number {
  const mix = (Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(counter, 0x85ebca6b)) >>> 0;
  if (mix % 997 === 0) return 200_000;
  if (mix % 41 === 0) return 20_000;
  return 12 + (mix % 600);
}

/** Number of key, counter, and bytes that follow from both. */
export function ownValue(index: number, counter: number): Uint8Array {
  const value = new Uint8Array(bytesOf(index, counter)).fill((index * 31 + counter) & 0xff);
  const view = new DataView(value.buffer);
  view.setInt32(0, index);
  view.setInt32(4, counter);
  return value;
}

/** The counter of a value of that key. Throws if it is of another key, or if any byte is not what it was. */
export function counterOf(index: number, value: Uint8Array): number {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const [found, counter] = [view.getInt32(0), view.getInt32(4)];
  if (found !== index) throw new Error(`expected a value of own key ${index}, got one of ${found}`);
  if (Buffer.compare(value, ownValue(index, counter)) === 0) return counter;
  throw new Error(`expected the bytes of own key ${index} at counter ${counter}, got others`);
}

/**
 * Throws unless a read of an own key can have found `value`, if what was visible before and attempted after is as
 * given; returns the counter, or `undefined` for a key that was absent.
 */
export function checkOwn(
  index: number,
  value: Uint8Array | undefined,
  from: number,
  to: number,
): number | undefined {
  if (value === undefined) {
    for (let counter = from; counter <= to; counter += 1) if (isDelete(counter)) return undefined;
    throw new Error(`expected own key ${index} at a counter from ${from} to ${to}, found it absent`);
  }
  const counter = counterOf(index, value);
  if (counter >= from && counter <= to && !isDelete(counter)) return counter;
  throw new Error(`expected own key ${index} at a counter from ${from} to ${to}, found ${counter}`);
}

export function amountOf(value: Uint8Array): number {
  return new DataView(value.buffer, value.byteOffset).getInt32(0);
}

/** An amount and bytes behind it. */
export function amountValue(amount: number, bytes: number): Uint8Array {
  const value = new Uint8Array(4 + bytes);
  new DataView(value.buffer).setInt32(0, amount);
  return value;
}
