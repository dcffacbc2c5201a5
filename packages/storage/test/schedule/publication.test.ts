/**
 * Proves that readers, who take no lock, never see half of a batch: two records that become visible together, one of a
 * key that is there and one of a new key, in whatever order the readers ask for them and however the threads are
 * interleaved; that they see nothing of a batch that is taken back, although what comes next takes its place; and that
 * a batch whose writer dies is there or not, for everybody. What is played is the view of records, the publication
 * and the hash index; the log is a model.
 *
 * Schedules by the number of preemptions:
 *
 * ```
 *                                      0       1        2        3
 * a batch and 2 readers                6     152    2,707
 * a batch and a reader                 2      20      175      998
 * a batch taken back and 2 readers     6     164    3,069
 * a batch taken back and a reader      2      22      200    1,269
 * a batch whose writer dies          129   2,082
 * ... which was being taken back     141   2,455
 * ```
 */
import { expect, test } from 'vitest';

import { HashIndex, type KeyMatcher } from '../../src/index/hash-index.ts';
import { alteredSource, type Change } from './altered-source.ts';
import { explore, replay, type Scenario } from './explore.ts';
import { failureOf } from './failure-of.ts';
import type { SteppableIndex } from './hash-index-scenarios.ts';
import { loadSteppableText } from './load-steppable.ts';
import { stepper, type Steps } from './stepper.ts';

interface Publication {
  begin(firstSequence: number): Steps<void>;
  end(): Steps<void>;
}

interface View {
  value(key: Uint8Array, hasCome: () => boolean): Steps<Uint8Array | undefined>;
}

/** The classes in their steppable form. */
interface Parts {
  readonly Publication: new (memory: { words: Int32Array; publicationFirst: Float64Array }) => Publication;
  readonly RecordView: new (parts: object) => View;
  readonly HashIndex: SteppableIndex;
}

async function loadParts(change?: Change): Promise<Parts> {
  const source = (path: string, ...changes: Change[]): { path: string; source: string } =>
    alteredSource(new URL(`../../src/${path}`, import.meta.url), changes);
  const loaded = await loadSteppableText([
    source('session/publication.ts', ...(change === undefined ? [] : [change])),
    source('record-view.ts'),
    source('index/hash-index.ts'),
    source('control/load-order.ts'),
  ]);
  return Object.assign({}, ...loaded) as Parts;
}

const words = new Int32Array(new SharedArrayBuffer(256));
const publicationFirst = new Float64Array(new SharedArrayBuffer(8));
const cells = new Int32Array(new SharedArrayBuffer(2560 * 4));

/** Key 1 is there from the beginning, with value 0; key 2 is not. */
const hashOf = (key: number): number => key * 4096 + 5;
new HashIndex(cells).insert(hashOf(1), 1, { matches: () => false });

interface LogRecord {
  readonly sequence: number;
  readonly key: number;
  /** Address of the version before; 0 for none. */
  readonly previous: number;
  readonly value: number;
}

/** What the threads of a run share besides the memory that is watched. */
class Store {
  /** A record's address is one more than its place. */
  readonly records: LogRecord[] = [{ sequence: 1, key: 1, previous: 0, value: 0 }];
  /** Records that are part of the log. */
  tail = 1;
  /** Where a batch that is being appended begins; 0 for none. */
  batch = 0;
  /** By key: the newest value that somebody has begun to make visible, and the newest that is for certain. */
  readonly begun = [0, 0, 0];
  readonly complete = [0, 0, 0];

  at(address: number): LogRecord {
    return this.records[address - 1]!;
  }

  beginBatch(): void {
    this.begun.fill(1);
  }

  /** Somebody has seen a value, or has made it visible: if it came with the batch, that is there as a whole. */
  completeValue(key: number, value: number): void {
    this.complete[key] = Math.max(this.complete[key]!, value);
    if (value !== 1) return;
    for (const each of [1, 2]) this.complete[each] = Math.max(this.complete[each]!, 1);
  }
}

/** A thread's own view of the log. */
class Reader implements KeyMatcher {
  readonly isIntact = true;
  readonly isDelete = false;
  readonly isSeparated = false;
  readonly expiresAt = undefined;
  sought = 0;
  readonly #store: Store;
  #address = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  open(address: number): void {
    this.#address = address;
  }

  get sequence(): number {
    return this.#store.at(this.#address).sequence;
  }

  get previous(): number {
    return this.#store.at(this.#address).previous;
  }

  copyInlineValue(): Uint8Array {
    return Uint8Array.of(this.#store.at(this.#address).value);
  }

  matches(address: number): boolean {
    this.open(address);
    return this.#store.at(address).key === this.sought;
  }
}

class Thread {
  readonly #store: Store;
  readonly #reader: Reader;
  readonly #table: InstanceType<SteppableIndex>;
  readonly #publication: Publication;
  readonly #view: View;

  constructor(parts: Parts, store: Store) {
    const reader = new Reader(store);
    const table = new parts.HashIndex(cells);
    this.#store = store;
    this.#reader = reader;
    this.#table = table;
    this.#publication = new parts.Publication({ words, publicationFirst });
    const index = {
      find: (key: Uint8Array): Steps<number> => {
        reader.sought = key[0]!;
        return table.find(hashOf(reader.sought), reader);
      },
    };
    this.#view = new parts.RecordView({ index, reader, values: {}, publication: this.#publication });
  }

  /** Looks a key up. Value 1 comes with the batch, for both keys; 2 with a record of key 1 behind it. */
  *read(key: number): Steps<void> {
    const store = this.#store;
    yield* stepper.boundary();
    const atLeast = store.complete[key]!;
    const value = yield* this.#view.value(Uint8Array.of(key), () => false);
    if (key === 1 && value === undefined) throw new Error('a key that is there is absent');
    const seen = value?.[0] ?? 0;
    if (seen < atLeast) throw new Error(`half of a batch: key ${key} has ${seen}, not yet ${atLeast}`);
    if (seen > store.begun[key]!) throw new Error(`half of a batch: key ${key} has ${seen} already`);
    store.completeValue(key, seen);
  }

  /** Appends a batch; takes it back in the end, or makes it visible. */
  *appendBatch(isTakenBack: boolean): Steps<void> {
    const store = this.#store;
    yield* stepper.boundary();
    store.batch = store.tail + 1;
    yield* this.#publication.begin(store.at(store.tail).sequence + 1);
    yield* this.append(1, 1);
    yield* this.append(2, 1);
    if (isTakenBack) {
      yield* this.#takeBack();
      return;
    }
    yield* stepper.boundary();
    store.batch = 0;
    store.beginBatch();
    yield* this.#publication.end();
    store.completeValue(1, 1);
  }

  *append(key: number, value: number): Steps<void> {
    const store = this.#store;
    const address = store.tail + 1;
    this.#reader.sought = key;
    const previous = yield* this.#table.find(hashOf(key), this.#reader);
    yield* stepper.boundary();
    store.records[address - 1] = { sequence: store.at(store.tail).sequence + 1, key, previous, value };
    store.tail = address;
    if (store.batch === 0) store.begun[key] = value;
    if (previous === 0) yield* this.#table.insert(hashOf(key), address, this.#reader);
    else yield* this.#table.replace(hashOf(key), previous, address);
    if (store.batch === 0) store.completeValue(key, value);
  }

  /** Makes good what the writer has left, which died. */
  *repair(): Steps<void> {
    const store = this.#store;
    if (store.batch === 0) yield* this.#ensureLast();
    else yield* this.#takeBack();
    yield* this.#publication.end();
    for (const key of [1, 2]) store.completeValue(key, store.begun[key]!);
  }

  /** What is in the log is in the index, although the writer did not come so far. */
  *#ensureLast(): Steps<void> {
    const { tail } = this.#store;
    const { key, previous } = this.#store.at(tail);
    this.#reader.sought = key;
    const found = yield* this.#table.find(hashOf(key), this.#reader);
    if (found !== tail) yield* this.#table.replace(hashOf(key), previous, tail);
  }

  *#takeBack(): Steps<void> {
    const store = this.#store;
    for (let address = store.tail; address >= store.batch; address -= 1) {
      const { key, previous } = store.at(address);
      yield* this.#table.replace(hashOf(key), address, previous);
    }
    yield* this.#publication.end();
    store.tail = store.batch - 1;
    store.batch = 0;
  }
}

interface Extent {
  readonly isTakenBack: boolean;
  readonly readers: number;
  readonly preemptions: number;
  readonly deaths: number;
}

/** A writer of a batch and one more record, readers, and a thread that repairs if the writer died. */
function publishing(parts: Parts, { isTakenBack, readers, preemptions, deaths }: Extent): Scenario {
  return {
    memory: [words.buffer, publicationFirst.buffer, cells.buffer],
    preemptions,
    deaths,
    setUp: () => {
      const store = new Store();
      const writer = function* (): Steps<void> {
        const thread = new Thread(parts, store);
        yield* thread.appendBatch(isTakenBack);
        yield* thread.append(1, 2);
      };
      const reader = (first: number) =>
        function* (): Steps<void> {
          const thread = new Thread(parts, store);
          yield* thread.read(first);
          yield* thread.read(3 - first);
        };
      const repairer = function* (): Steps<void> {
        const thread = new Thread(parts, store);
        yield* stepper.boundary();
        if (!stepper.isGone(0)) return;
        yield* thread.repair();
        if (store.at(store.tail).value !== 2) yield* thread.append(1, 2);
        yield* thread.read(1);
        yield* thread.read(2);
      };
      const actors = [writer, reader(1), reader(2)].slice(0, 1 + readers);
      return { actors: deaths > 0 ? [...actors, repairer] : actors };
    },
  };
}

test.for<[name: string, extent: Extent, atLeast: number]>([
  ['a batch and 2 readers', { isTakenBack: false, readers: 2, preemptions: 2, deaths: 0 }, 1000],
  ['a batch and a reader', { isTakenBack: false, readers: 1, preemptions: 3, deaths: 0 }, 500],
  ['a batch taken back and 2 readers', { isTakenBack: true, readers: 2, preemptions: 2, deaths: 0 }, 1000],
  ['a batch taken back and a reader', { isTakenBack: true, readers: 1, preemptions: 3, deaths: 0 }, 500],
  ['a batch whose writer dies', { isTakenBack: false, readers: 1, preemptions: 1, deaths: 1 }, 1000],
  [
    'a batch taken back whose writer dies',
    { isTakenBack: true, readers: 1, preemptions: 1, deaths: 1 },
    1000,
  ],
])('%s', async ([, extent, atLeast]) => {
  const scenario = publishing(await loadParts(), extent);
  expect(explore(scenario).schedules).toBeGreaterThan(atLeast);
});

test.for<[fault: string, isTakenBack: boolean, ...change: Change]>([
  [
    'a reader that does not look again',
    true,
    'return Atomics.load(this.#words, Word.publication) === mark;',
    'return true;',
  ],
  [
    'a batch that is announced before it is said where it begins',
    false,
    '    this.#first[0] = firstSequence;\n    Atomics.add(this.#words, Word.publication, 1);',
    '    Atomics.add(this.#words, Word.publication, 1);\n    this.#first[0] = firstSequence;',
  ],
  [
    'a batch whose first record is not hidden',
    false,
    'return sequence >= this.#first[0]!;',
    'return sequence > this.#first[0]!;',
  ],
  [
    'a count that is what it was after a batch was taken back',
    true,
    'if (this.isPending) Atomics.add(this.#words, Word.publication, 1);',
    'if (this.isPending) Atomics.sub(this.#words, Word.publication, 1);',
  ],
])('%s is found out', async ([, isTakenBack, ...change]) => {
  const scenario = publishing(await loadParts(change), {
    isTakenBack,
    readers: 1,
    preemptions: 3,
    deaths: 0,
  });
  const failure = failureOf(() => explore(scenario));
  expect(failure.message).toMatch(/half of a batch|is absent/);
  expect(failureOf(() => replay(scenario, failure.schedule)).message).toBe(failure.message);
});
