/**
 * What a writer does: overwrites and deletes keys of its own, alone and in batches, waits for some to be on disk,
 * counts up what others count up too, moves amounts between accounts, claims keys, adds new ones, and now and then asks for
 * a pass of compaction. Each step tells
 * the ledger before and after.
 */
import type { SingleNodeEngine } from '@htkv/engine';
import { SeededRandom } from '@htkv/storage/testing';

import {
  ACCOUNTS,
  amountOf,
  amountValue,
  BULK_MAX,
  CLAIMS_MAX,
  isDelete,
  KEYS_PER_WRITER,
  ownKey,
  ownValue,
  SHARED_COUNTERS,
  Tally,
  type Ledger,
} from './ledger.ts';
import type { StressTask } from './stress-thread.ts';

const DAY_MS = 86_400_000;
const decoder = new TextDecoder();

export async function writeUntilStopped(
  engine: SingleNodeEngine,
  task: StressTask,
  writer: number,
): Promise<void> {
  const { ledger } = task;
  const own = new OwnKeys(engine, ledger, writer, new SeededRandom(`${task.seed}/own`));
  const random = new SeededRandom(task.seed);
  while (Atomics.load(ledger.tally, Tally.stop) === 0) {
    // Not only between steps: an end of the thread that is asked for needs its event loop.
    await new Promise((resolve) => setImmediate(resolve));
    if (random.chance(0.005)) await engine.runCompactionNow();
    for (let step = random.between(1, 100); step > 0; step -= 1) {
      Atomics.add(ledger.tally, Tally.operations, 1);
      const chosen = random.below(100);
      if (chosen < 45) own.write();
      else if (chosen < 55) own.writeBatch();
      else if (chosen < 58) await own.writeDurably(random.between(1, 10));
      else if (chosen < 59) await own.flush();
      else if (chosen < 70) countUp(engine, ledger, random.below(SHARED_COUNTERS));
      else if (chosen < 85) move(engine, ledger, random);
      else if (chosen < 88) claim(engine, ledger, writer);
      else addBulk(engine, ledger, random.between(1, 5));
    }
  }
}

/** The keys that no other thread writes, as long as this one lives. */
class OwnKeys {
  readonly #engine: SingleNodeEngine;
  readonly #ledger: Ledger;
  readonly #first: number;
  readonly #random: SeededRandom;

  constructor(engine: SingleNodeEngine, ledger: Ledger, writer: number, random: SeededRandom) {
    this.#engine = engine;
    this.#ledger = ledger;
    this.#first = writer * KEYS_PER_WRITER;
    this.#random = random;
  }

  write(): void {
    const index = this.#pick();
    const counter = this.#begin(index);
    const durability = this.#random.chance(0.01) ? 'disk' : 'memory';
    if (isDelete(counter)) this.#engine.deleteSync(ownKey(index), { durability });
    else this.#engine.putSync(ownKey(index), ownValue(index, counter), { durability, ...this.#deadline() });
    Atomics.store(this.#ledger.visible, index, counter);
    if (durability === 'disk') this.#acknowledge([[index, counter]]);
  }

  writeBatch(): void {
    const indices = new Set(Array.from({ length: this.#random.between(2, 6) }, () => this.#pick()));
    const counters = Array.from(indices, (index) => [index, this.#begin(index)] as const);
    this.#engine.submitBatchSync(
      counters.map(([index, counter]) =>
        isDelete(counter)
          ? { type: 'delete', key: ownKey(index) }
          : { type: 'set', key: ownKey(index), value: ownValue(index, counter) },
      ),
    );
    for (const [index, counter] of counters) Atomics.store(this.#ledger.visible, index, counter);
  }

  /** Makes `count` writes at once, and waits until they are on disk. */
  async writeDurably(count: number): Promise<void> {
    const written = Array.from({ length: count }, () => {
      const index = this.#pick();
      const counter = this.#begin(index);
      const done = isDelete(counter)
        ? this.#engine.delete(ownKey(index))
        : this.#engine.put(ownKey(index), ownValue(index, counter), this.#deadline());
      // The write has been made by now; only its way to the disk is waited for.
      Atomics.store(this.#ledger.visible, index, counter);
      return { pair: [index, counter] as const, done };
    });
    await Promise.all(written.map(({ done }) => done));
    this.#acknowledge(written.map(({ pair }) => pair));
  }

  /** Everything that is visible is on disk afterwards, the keys of others too. */
  async flush(): Promise<void> {
    const visible = this.#ledger.visible.slice();
    await this.#engine.flush();
    this.#acknowledge([...visible.entries()]);
  }

  #pick(): number {
    return this.#first + this.#random.below(KEYS_PER_WRITER);
  }

  #begin(index: number): number {
    return Atomics.add(this.#ledger.attempted, index, 1) + 1;
  }

  #deadline(): { readonly ttl?: number } {
    return this.#random.chance(0.1) ? { ttl: DAY_MS } : {};
  }

  #acknowledge(counters: readonly (readonly [number, number])[]): void {
    const { acknowledged } = this.#ledger;
    for (const [index, counter] of counters) {
      for (let known = Atomics.load(acknowledged, index); known < counter;) {
        const found = Atomics.compareExchange(acknowledged, index, known, counter);
        if (found === known) break;
        known = found;
      }
    }
  }
}

function countUp(engine: SingleNodeEngine, ledger: Ledger, counter: number): void {
  const key = `counter ${counter}`;
  const entry = engine.getEntry(key);
  const next = entry === undefined ? 1 : Number(decoder.decode(entry.value)) + 1;
  const condition = entry === undefined ? { ifAbsent: true } : { ifVersion: entry.version };
  Atomics.add(ledger.triesBegun, counter, 1);
  const outcome = engine.putSync(key, `${next}`, condition);
  Atomics.add(outcome === 'applied' ? ledger.triesWon : ledger.triesLost, counter, 1);
}

function move(engine: SingleNodeEngine, ledger: Ledger, random: SeededRandom): void {
  const from = random.below(ACCOUNTS);
  const to = (from + 1 + random.below(ACCOUNTS - 1)) % ACCOUNTS;
  const [left, right] = [engine.getEntry(`account ${from}`)!, engine.getEntry(`account ${to}`)!];
  const amount = random.below(100);
  const bytes = random.chance(0.05) ? 15_000 : random.below(200);
  const outcomes = engine.submitBatchSync(
    [
      {
        type: 'set',
        key: `account ${from}`,
        value: amountValue(amountOf(left.value) - amount, bytes),
        ifVersion: left.version,
      },
      {
        type: 'set',
        key: `account ${to}`,
        value: amountValue(amountOf(right.value) + amount, bytes),
        ifVersion: right.version,
      },
    ],
    { atomic: 'allOrNothing' },
  );
  if (outcomes.every((outcome) => outcome === 'applied')) Atomics.add(ledger.tally, Tally.moves, 1);
}

/** Many try the same claim: the last one that somebody began, or the next. */
function claim(engine: SingleNodeEngine, { tally, claims }: Ledger, writer: number): void {
  const last = Atomics.load(tally, Tally.claimsBegun);
  const number = Math.min(last + 1, CLAIMS_MAX - 1);
  Atomics.compareExchange(tally, Tally.claimsBegun, last, number);
  for (const each of [last, number]) {
    const outcome = engine.putSync(`claim ${each}`, `${writer}`, { ifAbsent: true });
    if (outcome !== 'applied') continue;
    if (Atomics.exchange(claims, each, writer + 1) !== 0) Atomics.add(tally, Tally.claimsDoubled, 1);
  }
}

function addBulk(engine: SingleNodeEngine, { tally, bulk }: Ledger, count: number): void {
  for (let added = 0; added < count; added += 1) {
    const number = Atomics.add(tally, Tally.bulkBegun, 1);
    if (number >= BULK_MAX) return;
    engine.putSync(`bulk ${number}`, `${number}`);
    Atomics.store(bulk, number, 1);
  }
}
