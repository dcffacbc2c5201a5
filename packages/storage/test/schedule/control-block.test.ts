/**
 * Proves that a transition of a control block is there as a whole or not at all, for threads that take turns under
 * the store's lock although one of them dies at whatever access, and for readers that take no lock. Copies are
 * made word by word here, as a machine may make them.
 *
 * A turn moves one unit from the first field to the second and one from there to the third, in two transitions, so
 * the sum stays.
 *
 * Schedules by the number of preemptions:
 *
 * ```
 *                                      0       1        2        3
 * 2 threads, one of which dies       298  17,008
 * 3 threads, one of which dies     1,200
 * 2 threads, both of which die     5,918
 * a reader beside a writer             2      61      348    5,397
 * 2 readers beside a writer            6     384    7,614
 * a reader beside a death            636
 * ```
 */
import { expect, test } from 'vitest';

import { alteredSource, type Change } from './altered-source.ts';
import { explore, replay, type Scenario } from './explore.ts';
import { failureOf } from './failure-of.ts';
import { loadSteppableText } from './load-steppable.ts';
import { loadLock } from './steppable-lock.ts';
import { stepper, type Steps } from './stepper.ts';

interface Block {
  get(field: number): Steps<number>;
  peek(field: number): Steps<number>;
  stage(field: number, value: number): Steps<void>;
  publish(): Steps<void>;
  drop(): Steps<void>;
}
type BlockClass = new (values: Float64Array, flips: Int32Array, flipsAt: number) => Block;

const WORD_BY_WORD: Change = [
  'this.#values.copyWithin(to, from, from + this.#fields);',
  'for (let field = 0; field < this.#fields; field += 1) this.#values[to + field] = this.#values[from + field];',
];

async function loadBlock(...changes: readonly Change[]): Promise<BlockClass> {
  const [loaded] = await loadSteppableText([
    alteredSource(new URL('../../src/control/control-block.ts', import.meta.url), [WORD_BY_WORD, ...changes]),
    alteredSource(new URL('../../src/control/load-order.ts', import.meta.url), []),
  ]);
  return loaded!['ControlBlock'] as BlockClass;
}

const Lock = await loadLock();

const FIELDS = 3;
/** The lock's word, 16, and the count of the block behind it. */
const words = new Int32Array(new SharedArrayBuffer(128));
const FLIPS_AT = 24;
const values = new Float64Array(new SharedArrayBuffer(2 * FIELDS * 8));
const SUM = 10;
values[0] = SUM;
values[FIELDS] = SUM;

/** `turns`: how many turns each writing thread takes. */
interface Extent {
  readonly turns: readonly number[];
  readonly readers: number;
  readonly preemptions: number;
  readonly deaths: number;
}

function takingTurns(Block: BlockClass, { turns, readers, preemptions, deaths }: Extent): Scenario {
  return {
    memory: [words.buffer, values.buffer],
    preemptions,
    deaths,
    setUp: () => {
      const slots = { isDead: (slot: number): boolean => stepper.isGone(slot) };
      /** Values of the last field that have been published or are about to be, and are for certain. */
      let begun = 0;
      let complete = 0;
      const look = function* (block: Block): Steps<void> {
        const found: number[] = [];
        for (let field = 0; field < FIELDS; field += 1) found.push(yield* block.get(field));
        const last = found[2]!;
        if (found[0]! + found[1]! + last !== SUM || last < complete || last > begun) {
          throw new Error(`half of a transition is there: ${found.join(' ')}`);
        }
        complete = last;
      };
      const move = function* (block: Block, from: number): Steps<void> {
        yield* block.stage(from, (yield* block.get(from)) - 1);
        const to = (yield* block.get(from + 1)) + 1;
        yield* block.stage(from + 1, to);
        yield* stepper.boundary();
        if (from === 1) begun = to;
        yield* block.publish();
        if (from === 1) complete = to;
      };
      const writer = (slot: number) =>
        function* (): Steps<void> {
          const lock = new Lock(words, slots, slot);
          const block = new Block(values, words, FLIPS_AT);
          for (let turn = 0; turn < turns[slot]!; turn += 1) {
            if (yield* lock.acquire()) yield* block.drop();
            yield* look(block);
            // What one of them leaves half done is not what the next one begins with.
            yield* move(block, slot % 2);
            yield* move(block, 1 - (slot % 2));
            yield* look(block);
            yield* lock.release();
          }
        };
      const reader = function* (): Steps<void> {
        const block = new Block(values, words, FLIPS_AT);
        yield* stepper.boundary();
        const atLeast = complete;
        const last = yield* block.peek(2);
        if (last < atLeast || last > begun) throw new Error(`a reader got ${last}, which nobody published`);
        complete = Math.max(complete, last);
      };
      return {
        actors: [...turns.map((_, slot) => writer(slot)), ...Array.from({ length: readers }, () => reader)],
      };
    },
  };
}

test.for<[name: string, extent: Extent, atLeast: number]>([
  ['2 threads, one of which dies', { turns: [2, 1], readers: 0, preemptions: 1, deaths: 1 }, 10_000],
  ['3 threads, one of which dies', { turns: [2, 1, 1], readers: 0, preemptions: 0, deaths: 1 }, 500],
  ['2 threads, both of which die', { turns: [1, 1], readers: 0, preemptions: 0, deaths: 2 }, 2000],
  ['a reader beside a writer', { turns: [2], readers: 1, preemptions: 3, deaths: 0 }, 2000],
  ['2 readers beside a writer', { turns: [2], readers: 2, preemptions: 2, deaths: 0 }, 2000],
  ['a reader beside a death', { turns: [1, 1], readers: 1, preemptions: 0, deaths: 1 }, 500],
])('%s', async ([, extent, atLeast]) => {
  const scenario = takingTurns(await loadBlock(), extent);
  expect(explore(scenario).schedules).toBeGreaterThan(atLeast);
});

const death: Extent = { turns: [2, 1], readers: 0, preemptions: 1, deaths: 1 };

test.for<[fault: string, extent: Extent, ...change: Change]>([
  [
    'a transition that is not repeated in the other copy',
    { turns: [2], readers: 0, preemptions: 0, deaths: 0 },
    'this.#values[to + field] = this.#values[from + field]!;',
    '',
  ],
  [
    'what a dead thread staged, and the next one believes to be equal',
    death,
    '    this.#equalAt = -1;\n    this.#equalise();\n  }\n\n  /** Stages a single',
    '    this.#equalise();\n  }\n\n  /** Stages a single',
  ],
  [
    'a transition repeated in the copy that holds before it takes effect',
    death,
    'storeLast(this.#flips, this.#flipsAt, after);',
    'for (let index = 0; index < this.#stagedCount; index += 1) { const field = this.#staged[index]; ' +
      'this.#values[(before & 1) * this.#fields + field] = this.#values[(after & 1) * this.#fields + field]; } ' +
      'storeLast(this.#flips, this.#flipsAt, after);',
  ],
  [
    'a reader that does not look again',
    { turns: [2], readers: 1, preemptions: 2, deaths: 0 },
    'if (Atomics.add(this.#flips, this.#flipsAt, 0) === before) return value;',
    'return value;',
  ],
])('%s is found out', async ([, extent, ...change]) => {
  const scenario = takingTurns(await loadBlock(change), extent);
  const failure = failureOf(() => explore(scenario));
  expect(failure.message).toMatch(/half of a transition|nobody published/);
  expect(failureOf(() => replay(scenario, failure.schedule)).message).toBe(failure.message);
});
