/**
 * The commands of the model test: what a user does to an engine, what the same does to a sorted map, and how the two
 * are compared. Restarts, kills and power losses are commands like any other.
 *
 * The model remembers every state since the last one that is known to be durable: after a crash the engine must be in
 * one of them, because recovery yields a prefix of the commit order that holds everything acknowledged.
 */

import type { SingleInput, SingleNodeEngine, StoreConfig } from '@htkv/engine';
import { SeededRandom } from '@htkv/storage/testing';
import * as fc from 'fast-check';

import {
  agree,
  visibleIn,
  type Model,
  type ModelCommand,
  type ModelEntry,
  type Real,
} from './model-state.ts';
import type { SimulatedMachine } from './simulated-machine.ts';
import { upkeepCommands } from './model-upkeep.ts';
import { viewCommands } from './model-views.ts';
import { texts } from './text.ts';

/**
 * Little memory, which is quick to have, and little patience: what has expired is swept and forgotten while a life lasts.
 */
const CONFIG: StoreConfig = {
  maxSegmentSize: 4096,
  memoryBudget: 2 ** 20,
  compactionIntervalMs: 0,
  expirySweepIntervalMs: 30,
  tombstoneGraceMs: 20,
};

/** Opens the engine of a life. One with a thread starts it only after some commits, so it makes some. */
export function openEngine(machine: SimulatedMachine): SingleNodeEngine {
  const engine = machine.open(CONFIG);
  if (machine.environment.startCommitThread === undefined) return engine;
  const nothing = [
    { type: 'set', key: 'gone', value: '' },
    { type: 'delete', key: 'gone' },
  ] as const;
  for (let commit = 0; commit < 3; commit += 1) engine.submitBatchSync(nothing, { durability: 'disk' });
  return engine;
}

function expectSame(model: Model, { engine }: Real): void {
  const visible = model.visible();
  agree(visibleIn(engine), visible);
  agree(engine.size, visible.length);
}

/** One write as the model takes it: the state after it, and its outcome. */
function write(model: Model, state: Map<string, ModelEntry>, item: Item): string {
  const isPresent = model.isPresent(item.key, state);
  if (item.condition === 'ifAbsent' && isPresent) return 'conflict';
  if (item.condition === 'ifPresent' && !isPresent) return 'conflict';
  if (item.value === undefined) {
    state.delete(item.key);
    return 'removed';
  }
  const expiresAt = item.ttl === undefined ? undefined : model.now + item.ttl;
  state.set(item.key, { value: item.value, expiresAt });
  return 'applied';
}

interface Item {
  readonly key: string;
  /** Undefined for a delete. */
  readonly value: string | undefined;
  readonly ttl: number | undefined;
  readonly condition: 'ifAbsent' | 'ifPresent' | undefined;
}

function conditionsOf({ condition }: Item): object {
  return condition === undefined ? {} : { [condition]: true };
}

function commandOf(item: Item, now: number): SingleInput {
  const { key, value, ttl } = item;
  const conditions = conditionsOf(item);
  if (value === undefined) return { type: 'delete', key, ...conditions };
  return { type: 'set', key, value, expiresAt: ttl === undefined ? undefined : now + ttl, ...conditions };
}

class Write implements ModelCommand {
  readonly #item: Item;
  readonly #durability: 'memory' | 'os' | 'disk';

  constructor(item: Item, durability: 'memory' | 'os' | 'disk') {
    this.#item = item;
    this.#durability = durability;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): void {
    const { key, value, ttl } = this.#item;
    const options = { durability: this.#durability, ...conditionsOf(this.#item) };
    const next = new Map(model.state);
    const outcome = write(model, next, this.#item);
    const given =
      value === undefined
        ? real.engine.deleteSync(key, options)
        : real.engine.putSync(key, value, { ...options, ttl });
    agree(given, outcome);
    model.advance(next, this.#durability === 'disk');
    expectSame(model, real);
  }

  toString(): string {
    const { key, value, ttl, condition } = this.#item;
    const what = value === undefined ? `delete(${key})` : `put(${key}, ${value.length} bytes, ttl ${ttl})`;
    return `${what} ${condition ?? ''} ${this.#durability}`;
  }
}

class Batch implements ModelCommand {
  readonly #items: readonly Item[];
  readonly #isAllOrNothing: boolean;

  constructor(items: readonly Item[], isAllOrNothing: boolean) {
    this.#items = items;
    this.#isAllOrNothing = isAllOrNothing;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): void {
    const next = new Map(model.state);
    const outcomes = this.#items.map((item) => write(model, next, item));
    const commands = this.#items.map((item) => commandOf(item, model.now));
    const atomic = this.#isAllOrNothing ? 'allOrNothing' : 'perItem';
    agree(real.engine.submitBatchSync(commands, { atomic }), outcomes);
    const hasNoEffect = this.#isAllOrNothing && outcomes.includes('conflict');
    model.advance(hasNoEffect ? model.state : next, false);
    expectSame(model, real);
  }

  toString(): string {
    const items = this.#items.map(
      ({ key, value, condition }) => `${value === undefined ? '-' : '+'}${key} ${condition}`,
    );
    return `batch(${items.join(', ')}${this.#isAllOrNothing ? ', allOrNothing' : ''})`;
  }
}

class Range implements ModelCommand {
  readonly #lower: string;
  readonly #upper: string;
  readonly #reverse: boolean;
  readonly #limit: number;

  constructor(lower: string, upper: string, reverse: boolean, limit: number) {
    this.#lower = lower;
    this.#upper = upper;
    this.#reverse = reverse;
    this.#limit = limit;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, { engine }: Real): void {
    const keys = model
      .visible()
      .map(([key]) => key)
      .filter((key) => key >= this.#lower && key < this.#upper);
    if (this.#reverse) keys.reverse();
    const range = { gte: this.#lower, lt: this.#upper, reverse: this.#reverse, limit: this.#limit };
    agree(texts(engine.keys(range)), keys.slice(0, this.#limit));
  }

  toString(): string {
    return `range(${this.#lower}..${this.#upper}, reverse ${this.#reverse}, limit ${this.#limit})`;
  }
}

class PassTime implements ModelCommand {
  readonly #milliseconds: number;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): void {
    model.now += this.#milliseconds;
    real.machine.advance(this.#milliseconds);
    // A thread may take longer than that for the group that it is at.
    if (this.#milliseconds >= 25 && real.machine.environment.startCommitThread === undefined) model.settle();
    expectSame(model, real);
  }

  toString(): string {
    return `pass(${this.#milliseconds} ms)`;
  }
}

class Restart implements ModelCommand {
  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): void {
    real.engine.closeSync();
    model.settle();
    agree(real.machine.disk.openFileCount, 0);
    real.engine = openEngine(real.machine);
    expectSame(model, real);
  }

  toString(): string {
    return 'close and open';
  }
}

class Crash implements ModelCommand {
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): void {
    const random = new SeededRandom(this.#seed);
    const keep = random.pick(['none', 'all', 'prefix', 'random', 'random'] as const);
    const isKill = random.chance(0.2);
    real.machine = isKill
      ? real.machine.afterKill()
      : real.machine.afterPowerLoss({ random, keep, damageChance: 0.05 });
    real.engine = openEngine(real.machine);
    const found = JSON.stringify(visibleIn(real.engine));
    const matching = model.states.findLastIndex((state) => JSON.stringify(model.visible(state)) === found);
    agree([found, matching >= model.durable], [found, true]);
    // What recovery found is durable when it has opened.
    model.states.length = matching + 1;
    model.settle();
    expectSame(model, real);
  }

  toString(): string {
    return `crash(${this.#seed})`;
  }
}

const key = fc.constantFrom('', 'a', 'aa', 'ab', 'b', 'c', 'cc', 'd');
const value = fc.oneof(
  { weight: 8, arbitrary: fc.string({ minLength: 0, maxLength: 8, unit: 'grapheme-ascii' }) },
  { weight: 2, arbitrary: fc.constant('x'.repeat(1_500)) },
  { weight: 1, arbitrary: fc.constant('y'.repeat(40_000)) },
);
const put: fc.Arbitrary<Item> = fc.record({
  key,
  value,
  ttl: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, fc.integer({ min: 0, max: 60 })),
  condition: fc.constantFrom(undefined, undefined, 'ifAbsent', 'ifPresent'),
});
const removal: fc.Arbitrary<Item> = fc.record({
  key,
  value: fc.constant(undefined),
  ttl: fc.constant(undefined),
  condition: fc.constantFrom(undefined, 'ifPresent'),
});
const item = fc.oneof({ weight: 2, arbitrary: put }, removal);

/** A random life of an engine. */
export const lives: fc.Arbitrary<Iterable<ModelCommand>> = fc.commands(
  [
    fc
      .tuple(item, fc.constantFrom('memory', 'memory', 'os', 'disk'))
      .map(([each, level]) => new Write(each, level)),
    fc
      .tuple(item, fc.constantFrom('memory', 'memory', 'os', 'disk'))
      .map(([each, level]) => new Write(each, level)),
    fc.tuple(fc.array(item, { maxLength: 5 }), fc.boolean()).map(([items, all]) => new Batch(items, all)),
    fc
      .tuple(key, key, fc.boolean(), fc.nat(4))
      .map(([from, to, reverse, limit]) => new Range(from, to, reverse, limit)),
    fc.integer({ min: 1, max: 40 }).map((milliseconds) => new PassTime(milliseconds)),
    fc.integer({ min: 20, max: 30 }).map((milliseconds) => new PassTime(milliseconds)),
    fc.constant(new Restart()),
    fc.nat().map((seed) => new Crash(seed)),
    ...viewCommands(key),
    ...upkeepCommands(key),
  ],
  { maxCommands: 25, size: 'max' },
);
