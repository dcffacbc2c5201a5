/**
 * What was done to a store, kept so that any of its prefixes can be recognised: for each applied batch the place in
 * the commit order that it ended at, and a digest of the state after it. A store that was recovered has to be one of
 * these prefixes, to the last byte, and no shorter one than what it had promised to keep.
 *
 * Values are not kept. They follow from the version of their record, so a wrong byte is seen without them.
 */
import { compareBytes, equalBytes, utf8 } from '@htkv/base';

import { crc32 } from '../src/checksum/crc32.ts';
import type { LogStore, RecordWrite, StoredEntry } from '../src/index.ts';
import { SeededRandom } from '../src/testing/index.ts';

const noise = new SeededRandom('values').bytes(2 ** 20);

/** The value that a record of this version has. Borrowed. */
export function valueOf(version: number, length: number): Uint8Array {
  const start = (version * 977) % (noise.length - length);
  return noise.subarray(start, start + length);
}

/** Keys of every kind of length, the empty one among them. */
export const KEYS: readonly Uint8Array[] = [
  utf8(''),
  Uint8Array.of(0),
  Uint8Array.of(255, 255),
  utf8('k'.repeat(700)),
  ...Array.from({ length: 20 }, (_, index) => utf8(`key ${index}`)),
];

/** Between the deadlines that records have, so that some have passed and some have not. */
export const NOW = 500;

interface Entry {
  readonly deleted: boolean;
  readonly version: number;
  readonly timestamp: number;
  readonly expiresAt: number | undefined;
  readonly length: number;
}

interface Step {
  readonly writes: readonly RecordWrite[];
  /** Place in the commit order after the batch. */
  readonly sequence: number;
  readonly digest: number;
}

/** Bounds of the place in the commit order that a store may be found at. */
export interface PlaceBounds {
  readonly least: number;
  /** Unbounded unless given. */
  readonly most?: number;
}

export class WriteHistory {
  readonly seed: string;
  readonly #isForgetful: boolean;
  #state = new Map<number, Entry>();
  /** Invariant: the first one is the state that the history starts from. */
  #steps: Step[] = [{ writes: [], sequence: 0, digest: 0 }];
  /** State that the first step stands for. */
  #base = new Map<number, Entry>();
  #version = 0;
  /** Everything up to this place was promised to be durable. */
  acknowledged = 0;

  /** `isForgetful`: whether compaction may have forgotten what was deleted, or has expired by {@link NOW}. */
  constructor(seed: string, isForgetful = false) {
    this.seed = seed;
    this.#isForgetful = isForgetful;
  }

  /** Place after the last batch. */
  get sequence(): number {
    return this.#steps.at(-1)!.sequence;
  }

  /** A batch of `count` writes to keys of {@link KEYS}, with values of lengths that `pickLength` gives. */
  batch(random: SeededRandom, count: number, pickLength: () => number): RecordWrite[] {
    return Array.from({ length: count }, () => {
      this.#version += 1;
      const key = random.pick(KEYS);
      const version = this.#version;
      const timestamp = random.below(1000);
      if (random.chance(0.2)) return { type: 'delete', key, version, timestamp };
      const expiresAt = random.chance(0.2) ? random.below(1000) : undefined;
      return { type: 'set', key, value: valueOf(version, pickLength()), version, timestamp, expiresAt };
    });
  }

  /** Notes a batch that is applied now, or that a crash cuts short. `sequence` is the place after it. */
  note(writes: readonly RecordWrite[], sequence: number): void {
    let { digest } = this.#steps.at(-1)!;
    for (const write of writes) {
      const index = indexOfKey(write.key);
      const before = this.#state.get(index);
      if (before !== undefined) digest -= this.#digestOf(index, before);
      const entry = entryOf(write);
      this.#state.set(index, entry);
      digest += this.#digestOf(index, entry);
    }
    this.#steps.push({ writes, sequence, digest: digest >>> 0 });
  }

  /** Forgets the batches above `sequence`: a crash has lost them. */
  forgetAfter(sequence: number): void {
    const kept = this.#steps.filter((step) => step.sequence <= sequence);
    if (kept.length === this.#steps.length) return;
    this.#steps = kept;
    this.#state = new Map(this.#base);
    for (const { writes } of kept) {
      for (const write of writes) this.#state.set(indexOfKey(write.key), entryOf(write));
    }
  }

  /** The batches above `after` were taken back; their places, up to `last`, are not given again. */
  revoke(after: number, last: number): void {
    const places = this.#steps
      .map(({ sequence }) => sequence)
      .filter((place) => place > after && place <= last);
    this.forgetAfter(after);
    const { digest } = this.#steps.at(-1)!;
    for (const sequence of places) this.#steps.push({ writes: [], sequence, digest });
  }

  /** The state at `sequence` is where everything starts from now, and it is durable. */
  restartAt(sequence: number): void {
    this.forgetAfter(sequence);
    this.#base = new Map(this.#state);
    this.#steps = this.#steps.slice(-1);
    this.acknowledged = sequence;
  }

  /**
   * Checks that the store is the prefix of this history that its place in the commit order says, within `bounds`,
   * whichever way it is read. Throws what is wrong.
   */
  check(store: LogStore, bounds: PlaceBounds = { least: this.acknowledged }): void {
    const { lastSequence } = store.progress;
    const step = this.#steps.find(({ sequence }) => sequence === lastSequence);
    if (step === undefined) this.#fail(`the store is at ${lastSequence}, inside or outside of every batch`);
    if (lastSequence < bounds.least)
      this.#fail(`the store lost what lies between ${lastSequence} and ${bounds.least}`);
    if (lastSequence > (bounds.most ?? Infinity))
      this.#fail(`the store is at ${lastSequence}, above ${bounds.most}`);
    this.#checkEntries(store, step);
  }

  #checkEntries(store: LogStore, step: Step): void {
    let digest = 0;
    let live = 0;
    const present: Uint8Array[] = [];
    for (const [index, key] of KEYS.entries()) {
      const entry = store.read(key);
      const head = store.head(key);
      if (entry === undefined) {
        if (head !== undefined) this.#fail(`key ${index} has a head and no entry`);
        continue;
      }
      if (head?.sequence !== entry.sequence) this.#fail(`key ${index} has two newest records`);
      present.push(key);
      if (!equalBytes(entry.value, valueOf(entry.version, entry.value.length))) {
        this.#fail(`key ${index} has another value than version ${entry.version}`);
      }
      digest += this.#digestOf(index, foundEntry(entry));
      if (!entry.deleted && (entry.expiresAt === undefined || entry.expiresAt > NOW)) live += 1;
    }
    if (digest >>> 0 !== step.digest)
      this.#fail(`the entries are not those at ${step.sequence}: ${this.#differences(store, step)}`);
    if (store.liveKeys(NOW) !== live)
      this.#fail(`${store.liveKeys(NOW)} keys are counted and ${live} are live`);
    this.#checkOrder(store, present);
  }

  #digestOf(index: number, entry: Entry): number {
    const isOver = entry.deleted || (entry.expiresAt !== undefined && entry.expiresAt <= NOW);
    return this.#isForgetful && isOver ? 0 : entryDigest(index, entry);
  }

  #checkOrder(store: LogStore, present: readonly Uint8Array[]): void {
    const everything = { lower: undefined, lowerInclusive: true, upper: undefined, upperInclusive: true };
    // A key whose only write was taken back stays in order, and has no record.
    const ordered = store
      .collectKeys(everything, false, KEYS.length + 1)
      .filter((key) => store.head(key) !== undefined);
    const expected = present.toSorted(compareBytes);
    const isEqual =
      ordered.length === expected.length && ordered.every((key, at) => equalBytes(key, expected[at]!));
    if (!isEqual) this.#fail('the ordered keys are not those that have a record');
  }

  #differences(store: LogStore, step: Step): string {
    const state = new Map(this.#base);
    for (const { writes, sequence } of this.#steps) {
      if (sequence > step.sequence) break;
      for (const write of writes) state.set(indexOfKey(write.key), entryOf(write));
    }
    const differences = [];
    for (const [index, key] of KEYS.entries()) {
      const stored = store.read(key);
      const found = stored === undefined ? 'nothing' : JSON.stringify(foundEntry(stored));
      const expected = state.has(index) ? JSON.stringify(state.get(index)) : 'nothing';
      if (found !== expected) differences.push(`key ${index} is ${found} and not ${expected}`);
    }
    return differences.join('; ');
  }

  #fail(what: string): never {
    const places = this.#steps.map(({ sequence }) => sequence).join(' ');
    throw new Error(`seed '${this.seed}': ${what} (acknowledged ${this.acknowledged}, places ${places})`);
  }
}

const indexByKey = new Map(KEYS.map((key, index) => [key, index]));

function indexOfKey(key: Uint8Array): number {
  return indexByKey.get(key)!;
}

function entryOf(write: RecordWrite): Entry {
  const { version, timestamp } = write;
  if (write.type === 'delete') return { deleted: true, version, timestamp, expiresAt: undefined, length: 0 };
  return { deleted: false, version, timestamp, expiresAt: write.expiresAt, length: write.value.length };
}

function foundEntry({ deleted, version, timestamp, expiresAt, value }: StoredEntry): Entry {
  return { deleted, version, timestamp, expiresAt, length: value.length };
}

const fields = new Uint32Array(6);
const fieldBytes = new Uint8Array(fields.buffer);

/** A digest of one entry, to be added up. */
function entryDigest(index: number, entry: Entry): number {
  fields[0] = index;
  fields[1] = entry.version;
  fields[2] = entry.timestamp;
  fields[3] = entry.expiresAt ?? 0xffffffff;
  fields[4] = entry.length;
  fields[5] = entry.deleted ? 1 : 0;
  return crc32(fieldBytes);
}
