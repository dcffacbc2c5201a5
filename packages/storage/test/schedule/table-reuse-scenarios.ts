/**
 * What threads do at once on an index whose tables take turns in two regions, for the explorer. The tables are tiny,
 * so that one writer comes through a rebuild and half of the next: the region that a reader began in is cleared, and
 * filled again, before the reader goes on.
 *
 * Two keys stay, others come and go. The ledger of `hash-index-scenarios.ts` judges what is found.
 */
import { alteredSource, type Change } from './altered-source.ts';
import type { Scenario, Trial } from './explore.ts';
import {
  checkEnd,
  ensure,
  FILLER,
  inTurn,
  Ledger,
  Thread,
  Turns,
  type Run,
  type SteppableIndex,
} from './hash-index-scenarios.ts';
import { loadSteppableText } from './load-steppable.ts';
import { stepper, type Steps } from './stepper.ts';

/** Sixteen cells, rebuilt when four are in use; half of a table is cleared or moved with an insertion. */
const SMALLER: Readonly<Record<'hash-index' | 'table-cells' | 'table-space', readonly Change[]>> = {
  'table-cells': [],
  'hash-index': [['CELLS_PER_INSERTION_IN_PLACE = 32', 'CELLS_PER_INSERTION_IN_PLACE = 8']],
  'table-space': [
    ['CAPACITY_LOG2_MIN = 10', 'CAPACITY_LOG2_MIN = 4'],
    ['BASE_WORDS = 512', 'BASE_WORDS = 32'],
    ['WORDS_PER_CLEARING = 4096', 'WORDS_PER_CLEARING = 16'],
    // Filling is one step to the explorer; here it is as many as it has words.
    [
      'cells.fill(0, base + from, base + to);',
      'for (let word = base + from; word < base + to; word += 1) cells[word] = 0;',
    ],
  ],
};
const LOAD_FACTOR = 0.25;
const MEMORY_WORDS = 512 + 2 * 32;
const KEYS = 2;
const HOMES: Readonly<Record<number, number>> = { 1: 5, 2: 5 };

export interface Fault {
  readonly file: keyof typeof SMALLER;
  readonly changes: readonly Change[];
}

/** The index with tiny tables, and a fault if one is given. */
export async function tinyIndex(fault?: Fault): Promise<SteppableIndex> {
  const source = (file: keyof typeof SMALLER): { path: string; source: string } =>
    alteredSource(new URL(`../../src/index/${file}.ts`, import.meta.url), [
      ...(fault?.file === file ? fault.changes : []),
      ...SMALLER[file],
    ]);
  const [loaded] = await loadSteppableText([
    source('hash-index'),
    source('table-cells'),
    source('table-space'),
  ]);
  return loaded!['HashIndex'] as SteppableIndex;
}

export interface ReuseExtent {
  readonly preemptions: number;
  readonly threads: number;
  readonly deaths?: number;
}

const hash = (key: number): number => (HOMES[key] ?? key % 16) + key * 4096;

type Play = (threads: readonly Thread[]) => Trial;

/** Key 1 and 2 are there, with record 1, and so many others were inserted, most of which are gone. */
function scenario(Index: SteppableIndex, insertions: number, extent: ReuseExtent, play: Play): Scenario {
  const { preemptions, threads, deaths = 0 } = extent;
  const memory = new Int32Array(new SharedArrayBuffer(MEMORY_WORDS * 4));
  const run = (ledger: Ledger): Run => ({
    Index,
    memory,
    loadFactor: LOAD_FACTOR,
    ledger,
    hash,
    countKeys: () => KEYS,
  });
  const writer = new Thread(run(new Ledger()));
  for (const key of [1, 2]) stepper.settle(writer.insert(key, 1));
  for (let key = FILLER; key < FILLER + insertions; key += 1) stepper.settle(comeAndGo(writer, key));
  return {
    memory: [memory.buffer],
    preemptions,
    deaths,
    setUp: () => {
      const ledger = new Ledger();
      for (const key of [1, 2]) {
        ledger.begin(key, 1);
        ledger.complete(key, 1);
      }
      const parts = run(ledger);
      const trial = play([new Thread(parts), new Thread(parts), new Thread(parts)]);
      const check = (): void => {
        if (deaths > 0) stepper.settle(new Index(memory, LOAD_FACTOR, () => KEYS).repair());
        checkEnd(parts, [1, 2]);
        trial.check?.();
      };
      return { actors: trial.actors.slice(0, threads), check };
    },
  };
}

function* comeAndGo(thread: Thread, key: number): Steps<void> {
  yield* thread.insert(key, 1);
  yield* thread.drop(key);
}

function* churn(thread: Thread, from: number, count: number): Steps<void> {
  for (let key = from; key < from + count; key += 1) yield* comeAndGo(thread, key);
}

/** Insertions until the next one brings the first rebuild to its end, and from there on until the third has begun. */
const BEFORE_END = 5;
const TO_THIRD = 9;

/**
 * A writer with whom a rebuild ends, and the region of the table that was left is taken, cleared and filled, beside
 * two readers; key 1 is replaced on the way.
 */
export function readersBesideReuse(Index: SteppableIndex, extent: ReuseExtent): Scenario {
  return scenario(Index, BEFORE_END, extent, ([a, b, c]) => ({
    actors: [
      inTurn(
        () => churn(a!, FILLER + 100, 4),
        () => a!.replace(1, 1, 2),
        () => churn(a!, FILLER + 200, TO_THIRD - 4),
      ),
      inTurn(
        () => b!.find(1),
        () => b!.find(2),
      ),
      inTurn(() => c!.find(2)),
    ],
  }));
}

/** Two writers who take turns, either of whom may die anywhere between two rebuilds, beside a reader. */
export function takeOverOfReuse(Index: SteppableIndex, extent: ReuseExtent): Scenario {
  return scenario(Index, BEFORE_END, { ...extent, deaths: 1 }, ([a, b, c]) => {
    const turns = new Turns();
    return {
      actors: [
        () =>
          turns.take(
            0,
            a!,
            () => churn(a!, FILLER + 100, TO_THIRD),
            () => a!.replace(1, 1, 2),
          ),
        () =>
          turns.take(
            1,
            b!,
            () => churn(b!, FILLER + 200, TO_THIRD),
            () => ensure(b!, 1, 3),
            () => b!.replace(2, 1, 2),
          ),
        inTurn(
          () => c!.find(1),
          () => c!.find(2),
        ),
      ],
    };
  });
}
