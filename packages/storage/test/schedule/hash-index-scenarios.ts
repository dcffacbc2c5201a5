/**
 * What a few threads do at once on a small hash index, for the explorer. The index has its smallest table; the cells
 * that matter are prepared by ordinary insertions, so that keys collide and growth begins or ends at the first
 * insertion of a scenario. While a table grows, one thread at a time inserts: that is for the callers of an index to
 * see to, and no scenario does otherwise.
 *
 * A key is a small number and its records are numbered from 1 on: the address of record r of key k is 100 k + r. So
 * a read can be judged by itself: it sees a record that is at least as new as the newest one that was complete, or
 * seen by anybody, before it began, and that somebody had begun to publish before it ended.
 */
import { HashIndex, type KeyMatcher } from '../../src/index/hash-index.ts';

import type { Scenario, Trial } from './explore.ts';
import { loadSteppable, type Steppable } from './load-steppable.ts';
import { stepper, type Steps } from './stepper.ts';

export type SteppableIndex = Steppable<typeof HashIndex>;

const [loaded] = await loadSteppable([new URL('../../src/index/hash-index.ts', import.meta.url)]);
const RealIndex = loaded!['HashIndex'] as SteppableIndex;

/** How much is explored, and of which index, the one of the store unless given. */
export interface Extent {
  readonly preemptions: number;
  readonly Index?: SteppableIndex;
  /** Only so many of the threads, the first ones. */
  readonly threads?: number;
}

/** Room for two tables twice as large as the first one. */
const MEMORY_WORDS = 8704;
const CELLS = 1024;
/**
 * Growth begins when a tenth of the cells are in use; one insertion takes the region, one has nothing to clear in it,
 * and then each moves cells.
 */
const LOAD_FACTOR = 0.1;
const KEYS_BEFORE_GROWTH = Math.ceil(CELLS * LOAD_FACTOR) + 2;
const INSERTIONS_OF_GROWTH = CELLS / 16;
/** Keys from here on fill the table and are not looked at. */
export const FILLER = 1000;

export const addressOf = (key: number, record: number): number => key * 100 + record;

/** Answers for one thread, as the log would. */
export class Records implements KeyMatcher {
  sought = 0;

  matches(address: number): boolean {
    return Math.floor(address / 100) === this.sought;
  }
}

/** What is known of the keys in one run. */
export class Ledger {
  /** The newest record of a key that is complete, and the newest that somebody has begun to publish. */
  readonly #complete = new Map<number, number>();
  readonly #begun = new Map<number, number>();

  begin(key: number, record: number): void {
    this.#begun.set(key, Math.max(record, this.#begun.get(key) ?? 0));
  }

  complete(key: number, record: number): void {
    this.#complete.set(key, Math.max(record, this.#complete.get(key) ?? 0));
  }

  newest(key: number): number {
    return this.#complete.get(key) ?? 0;
  }

  judge(key: number, atLeast: number, address: number): void {
    const record = address === 0 ? 0 : address - key * 100;
    if (record < atLeast) {
      throw new Error(`key ${key}: expected record ${atLeast} or a newer one, got ${record}`);
    }
    if (record > (this.#begun.get(key) ?? 0)) {
      throw new Error(`key ${key}: got record ${record}, which nobody wrote`);
    }
    this.complete(key, record);
  }
}

/** A thread with its own view of the index. */
export class Thread {
  readonly #index: InstanceType<SteppableIndex>;
  readonly #records = new Records();
  readonly #run: Run;

  constructor(run: Run) {
    this.#run = run;
    this.#index = new run.Index(run.memory, run.loadFactor, run.countKeys);
  }

  *insert(key: number, record: number): Steps<boolean> {
    yield* stepper.boundary();
    this.#run.ledger.begin(key, record);
    this.#records.sought = key;
    const isNew = yield* this.#index.insert(this.#run.hash(key), addressOf(key, record), this.#records);
    if (isNew) this.#run.ledger.complete(key, record);
    return isNew;
  }

  *replace(key: number, expected: number, record: number): Steps<boolean> {
    yield* stepper.boundary();
    this.#run.ledger.begin(key, record);
    const isDone = yield* this.#index.replace(
      this.#run.hash(key),
      addressOf(key, expected),
      addressOf(key, record),
    );
    if (isDone) this.#run.ledger.complete(key, record);
    return isDone;
  }

  /** Takes a key out that nobody looks at. */
  *drop(key: number): Steps<void> {
    yield* stepper.boundary();
    yield* this.#index.replace(this.#run.hash(key), addressOf(key, 1), 0);
  }

  *repair(): Steps<void> {
    yield* stepper.boundary();
    yield* this.#index.repair();
  }

  *find(key: number): Steps<number> {
    yield* stepper.boundary();
    const atLeast = this.#run.ledger.newest(key);
    this.#records.sought = key;
    const address = yield* this.#index.find(this.#run.hash(key), this.#records);
    this.#run.ledger.judge(key, atLeast, address);
    return address;
  }
}

export interface Run {
  readonly Index: SteppableIndex;
  readonly memory: Int32Array;
  readonly loadFactor: number;
  /** Without it, cells that were dropped count as keys. */
  readonly countKeys?: () => number;
  readonly ledger: Ledger;
  readonly hash: (key: number) => number;
}

interface Preparation {
  /** Where the probe for a key begins; keys with the same home may have the same hash too, see `twins`. */
  readonly homes: Readonly<Record<number, number>>;
  /** Keys whose hash is the same, not only its low bits. */
  readonly twins?: readonly number[];
  /** Keys that are in the index from the beginning, with record 1. */
  readonly present: readonly number[];
  /** `far`: no growth; `begins`, `ends`: the next insertion begins or ends it. */
  readonly growth: 'far' | 'begins' | 'ends';
  /** Threads that may die; what they leave half done is repaired in the end, if nobody did so before. */
  readonly deaths?: number;
}

/** The threads of a scenario; what they do, and what holds in the end besides what every read shows. */
type Play = (threads: readonly Thread[]) => Trial;

function scenario(preparation: Preparation, extent: Extent, play: Play): Scenario {
  const { preemptions, threads, Index = RealIndex } = extent;
  const { homes, present, growth, twins = [], deaths = 0 } = preparation;
  const memory = new Int32Array(new SharedArrayBuffer(MEMORY_WORDS * 4));
  // Above the bits of a home in either table, so that a key has the same home in both.
  const hash = (key: number): number =>
    key < FILLER
      ? homes[key]! + (twins.includes(key) ? 50 : key) * 4096
      : 100 + ((key * 7) % 800) + key * 4096;
  const prepared = new HashIndex(memory, LOAD_FACTOR);
  const records = new Records();
  const insert = (key: number): void => {
    records.sought = key;
    prepared.insert(hash(key), addressOf(key, 1), records);
  };
  for (const key of present) insert(key);
  const fillers = growth === 'far' ? 0 : KEYS_BEFORE_GROWTH - present.length;
  const moving = growth === 'ends' ? INSERTIONS_OF_GROWTH - 1 : 0;
  for (let key = FILLER; key < FILLER + fillers + moving; key += 1) insert(key);
  return {
    memory: [memory.buffer],
    preemptions,
    deaths,
    setUp: () => {
      const ledger = new Ledger();
      for (const key of present) {
        ledger.begin(key, 1);
        ledger.complete(key, 1);
      }
      const run: Run = { Index, memory, loadFactor: LOAD_FACTOR, ledger, hash };
      const trial = play([new Thread(run), new Thread(run), new Thread(run)]);
      const check = (): void => {
        if (deaths > 0) stepper.settle(new Index(memory, LOAD_FACTOR).repair());
        checkEnd(run, Object.keys(homes).map(Number));
        trial.check?.();
      };
      return { actors: trial.actors.slice(0, threads), check };
    },
  };
}

/** Every key has one cell at most, and a look-up finds its newest record. */
export function checkEnd(run: Run, keys: readonly number[]): void {
  const index = new run.Index(run.memory, run.loadFactor, run.countKeys);
  const records = new Records();
  for (const key of keys) {
    records.sought = key;
    const address = stepper.settle(index.find(run.hash(key), records));
    run.ledger.judge(key, run.ledger.newest(key), address);
  }
  let seen = 0;
  for (const address of index.addresses()) {
    if (address >= addressOf(FILLER, 0)) continue;
    const bit = 1 << Math.floor(address / 100);
    if ((seen & bit) !== 0)
      throw new Error(`two cells lead to records of one key, one of them to ${address}`);
    seen |= bit;
  }
}

/** Does all of it one after the other. */
export function inTurn(...calls: readonly (() => Steps<unknown>)[]): () => Steps<void> {
  return function* () {
    for (const call of calls) yield* call();
  };
}

/** Two readers beside a writer who inserts key 1 and replaces its record; key 2 has the same hash, key 3 the cell. */
function insertAndReplace(extent: Extent): Scenario {
  const homes = { 1: 5, 2: 5, 3: 5 };
  return scenario({ homes, twins: [1, 2], present: [2, 3], growth: 'far' }, extent, ([a, b, c]) => ({
    actors: [
      inTurn(
        () => a!.insert(1, 1),
        () => a!.replace(1, 1, 2),
        () => a!.replace(2, 1, 2),
      ),
      inTurn(
        () => b!.find(1),
        () => b!.find(1),
      ),
      inTurn(
        () => c!.find(2),
        () => c!.find(1),
      ),
    ],
  }));
}

/** A writer inserts key 4 and replaces the record of key 1; one reader seeks both, the other key 2 and key 1. */
const readersBesideGrowth: Play = ([a, b, c]) => ({
  actors: [
    inTurn(
      () => a!.insert(4, 1),
      () => a!.replace(1, 1, 2),
    ),
    inTurn(
      () => b!.find(1),
      () => b!.find(4),
    ),
    inTurn(
      () => c!.find(2),
      () => c!.find(1),
    ),
  ],
});

/**
 * Two readers beside a writer with whom growth begins: the first cells move, keys 1 to 3 with them, and key 4, which
 * would have come behind them, is inserted in the next table. Key 1 is replaced afterwards.
 */
function growthBegins(extent: Extent): Scenario {
  const homes = { 1: 5, 2: 5, 3: 6, 4: 5 };
  return scenario(
    { homes, twins: [1, 2], present: [1, 2, 3], growth: 'begins' },
    extent,
    readersBesideGrowth,
  );
}

/**
 * Two readers beside a writer with whom growth ends: the last cells move, key 1 with them, and the next table becomes
 * the current one. Key 2 lies beyond the end of the old table, in its first cell, which has moved long ago.
 */
function growthEnds(extent: Extent): Scenario {
  const homes = { 1: 1023, 2: 1023, 3: 1020, 4: 1023 };
  return scenario({ homes, twins: [1, 2], present: [1, 2, 3], growth: 'ends' }, extent, readersBesideGrowth);
}

/** Two writers who insert the same key, one of whom wins; then each inserts a key of its own for the next cell. */
function insertAgainstInsert(extent: Extent): Scenario {
  const homes = { 1: 5, 2: 5, 3: 5 };
  return scenario({ homes, twins: [1, 2], present: [], growth: 'far' }, extent, ([a, b]) => {
    const won: boolean[] = [];
    return {
      actors: [
        function* () {
          won.push(yield* a!.insert(1, 1));
          yield* a!.insert(2, 1);
        },
        function* () {
          won.push(yield* b!.insert(1, 2));
          yield* b!.insert(3, 1);
        },
      ],
      check: () => {
        if (won.filter(Boolean).length !== 1)
          throw new Error(`expected one winner, got ${won.join(' and ')}`);
      },
    };
  });
}

/** Two writers who replace the same record, one of whom wins, beside a reader. */
function replaceAgainstReplace(extent: Extent): Scenario {
  const homes = { 1: 5, 2: 5 };
  return scenario({ homes, twins: [1, 2], present: [1, 2], growth: 'far' }, extent, ([a, b, c]) => {
    const won: boolean[] = [];
    const again = function* (thread: Thread, key: number): Steps<void> {
      if (!(yield* thread.replace(key, 2, 3))) yield* thread.replace(key, 1, 3);
    };
    return {
      actors: [
        function* () {
          won.push(yield* a!.replace(1, 1, 2));
          yield* a!.replace(2, 1, 2);
        },
        function* () {
          won.push(yield* b!.replace(1, 1, 3));
          yield* again(b!, 2);
        },
        inTurn(() => c!.find(2)),
      ],
      check: () => {
        if (won.filter(Boolean).length !== 1)
          throw new Error(`expected one winner, got ${won.join(' and ')}`);
      },
    };
  });
}

/** A writer with whom growth begins, beside one who replaces the record of a key that is moving, and a reader. */
function growthAgainstReplace(extent: Extent): Scenario {
  const homes = { 1: 5, 2: 5, 3: 5 };
  return scenario({ homes, twins: [1, 2], present: [1, 2], growth: 'begins' }, extent, ([a, b, c]) => ({
    actors: [
      inTurn(() => a!.insert(3, 1)),
      function* () {
        if (!(yield* b!.replace(1, 1, 2))) throw new Error('a replacement without a rival has failed');
        if (!(yield* b!.replace(1, 2, 3))) throw new Error('a replacement without a rival has failed');
      },
      inTurn(
        () => c!.find(1),
        () => c!.find(1),
      ),
    ],
  }));
}

/** One thread at a time, as under the store's lock: a thread repairs first what one before it, which died, has left. */
export class Turns {
  #inside = -1;

  /** Does nothing if another thread is at it. */
  *take(actor: number, thread: Thread, ...calls: readonly (() => Steps<unknown>)[]): Steps<void> {
    yield* stepper.boundary();
    const before = this.#inside;
    if (before >= 0 && !stepper.isGone(before)) return;
    this.#inside = actor;
    if (before >= 0) yield* thread.repair();
    for (const call of calls) yield* call();
    this.#inside = -1;
  }
}

/** Inserts a key unless it is there. */
export function* ensure(thread: Thread, key: number, record: number): Steps<void> {
  if ((yield* thread.find(key)) !== 0) return;
  if (!(yield* thread.insert(key, record))) throw new Error(`key ${key} was not found and is there`);
}

/**
 * Two writers who take turns, either of whom may die while growth begins or ends, beside a reader. Who comes second
 * completes what the first one did, inserts a key of its own, and replaces records.
 */
function takeOver(growth: 'begins' | 'ends', extent: Extent): Scenario {
  const homes = { 1: 5, 2: 5, 3: 6, 4: 5, 5: 5, 6: 1023, 7: 1020, 8: 1023 };
  const preparation: Preparation = { homes, twins: [1, 2], present: [1, 2, 3, 6, 7], growth, deaths: 1 };
  return scenario(preparation, extent, ([a, b, c]) => {
    const turns = new Turns();
    return {
      actors: [
        () =>
          turns.take(
            0,
            a!,
            () => ensure(a!, 4, 1),
            () => a!.replace(2, 1, 2),
          ),
        () =>
          turns.take(
            1,
            b!,
            () => ensure(b!, 4, 2),
            () => b!.insert(5, 1),
            () => b!.replace(1, 1, 2),
            () => b!.replace(6, 1, 2),
            () => b!.insert(8, 1),
            () => b!.find(2),
            () => b!.find(3),
            () => b!.find(7),
          ),
        inTurn(
          () => c!.find(1),
          () => c!.find(6),
          () => c!.find(4),
        ),
      ],
    };
  });
}

function takeOverAsGrowthBegins(extent: Extent): Scenario {
  return takeOver('begins', extent);
}

function takeOverAsGrowthEnds(extent: Extent): Scenario {
  return takeOver('ends', extent);
}

export type ScenarioName = keyof typeof hashIndexScenarios;

export const hashIndexScenarios = {
  insertAndReplace,
  growthBegins,
  growthEnds,
  insertAgainstInsert,
  replaceAgainstReplace,
  growthAgainstReplace,
  takeOverAsGrowthBegins,
  takeOverAsGrowthEnds,
} as const satisfies Readonly<Record<string, (extent: Extent) => Scenario>>;
