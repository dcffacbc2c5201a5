/**
 * What a reader checks while writers write and die: values are of their keys and between what was visible before and
 * attempted after, nothing goes back, the accounts have their sum at every moment, ranges are in order and without
 * doubles. It throws at the first wrong answer, and that ends the round.
 */
import type { SingleNodeEngine } from '@htkv/engine';
import { SeededRandom } from '@htkv/storage/testing';

import {
  ACCOUNT_START,
  ACCOUNTS,
  amountOf,
  checkOwn,
  ownKey,
  SHARED_COUNTERS,
  Tally,
  type Ledger,
} from './ledger.ts';
import type { StressTask } from './stress-thread.ts';

const decoder = new TextDecoder();

export async function readUntilStopped(engine: SingleNodeEngine, task: StressTask): Promise<void> {
  const { ledger } = task;
  const random = new SeededRandom(task.seed);
  const seen = new Seen();
  while (Atomics.load(ledger.tally, Tally.stop) < 2) {
    await new Promise((resolve) => setImmediate(resolve));
    for (let step = random.between(1, 200); step > 0; step -= 1) {
      Atomics.add(ledger.tally, Tally.reads, 1);
      const chosen = random.below(100);
      if (chosen < 75) readOwn(engine, ledger, seen, random);
      else if (chosen < 85) readCounter(engine, ledger, seen, random.below(SHARED_COUNTERS));
      else if (chosen < 97) readAccounts(engine, ledger);
      else if (chosen < 99) readBulk(engine, ledger, random);
      else readRange(engine, random);
    }
  }
}

/** The highest version and counter of each key, as one thread has seen it. */
class Seen {
  readonly #versions = new Map<string, number>();
  readonly #counters = new Map<string, number>();

  /** Throws if either is less than it was. */
  note(key: string, version: number, counter: number): void {
    const [versionBefore, counterBefore] = [this.#versions.get(key) ?? 0, this.#counters.get(key) ?? 0];
    if (version < versionBefore || counter < counterBefore) {
      throw new Error(
        `${key} went back from version ${versionBefore}, counter ${counterBefore} to ${version}, ${counter}`,
      );
    }
    this.#versions.set(key, version);
    this.#counters.set(key, counter);
  }
}

function readOwn(engine: SingleNodeEngine, ledger: Ledger, seen: Seen, random: SeededRandom): void {
  const index = random.below(ledger.attempted.length);
  const key = ownKey(index);
  const from = Atomics.load(ledger.visible, index);
  if (random.chance(0.5)) {
    const value = engine.get(key);
    checkOwn(index, value, from, Atomics.load(ledger.attempted, index));
    return;
  }
  const entry = engine.getEntry(key);
  const counter = checkOwn(index, entry?.value, from, Atomics.load(ledger.attempted, index));
  if (counter !== undefined) seen.note(key, entry!.version, counter);
}

function readCounter(engine: SingleNodeEngine, ledger: Ledger, seen: Seen, counter: number): void {
  const least = Atomics.load(ledger.triesWon, counter);
  const entry = engine.getEntry(`counter ${counter}`);
  const count = entry === undefined ? 0 : Number(decoder.decode(entry.value));
  const most = Atomics.load(ledger.triesBegun, counter);
  if (count < least || count > most) {
    throw new Error(`expected counter ${counter} to be from ${least} to ${most}, found ${count}`);
  }
  if (entry !== undefined) seen.note(`counter ${counter}`, entry.version, count);
}

function readAccounts(engine: SingleNodeEngine, ledger: Ledger): void {
  const collect = (): { version: number; amount: number }[] =>
    Array.from({ length: ACCOUNTS }, (_, account) => {
      const { version, value } = engine.getEntry(`account ${account}`)!;
      return { version, amount: amountOf(value) };
    });
  const first = collect();
  const second = collect();
  // They were all so at one moment, between the two.
  if (!first.every(({ version }, account) => version === second[account]!.version)) return;
  Atomics.add(ledger.tally, Tally.moments, 1);
  const sum = first.reduce((total, { amount }) => total + amount, 0);
  if (sum !== ACCOUNTS * ACCOUNT_START) {
    throw new Error(`expected a sum of ${ACCOUNTS * ACCOUNT_START} in all accounts, found ${sum}`);
  }
}

function readBulk(engine: SingleNodeEngine, { tally, bulk }: Ledger, random: SeededRandom): void {
  const begun = Math.min(bulk.length, Atomics.load(tally, Tally.bulkBegun));
  if (begun === 0) return;
  const number = random.below(begun);
  const isVisible = Atomics.load(bulk, number) === 1;
  const value = engine.get(`bulk ${number}`);
  if (value === undefined && isVisible) throw new Error(`expected bulk key ${number}, found it absent`);
  if (value !== undefined && decoder.decode(value) !== `${number}`) {
    throw new Error(`expected bulk key ${number} to hold its number, found ${decoder.decode(value)}`);
  }
}

function readRange(engine: SingleNodeEngine, random: SeededRandom): void {
  const prefix = random.pick(['own 1', 'own', 'account', 'counter', 'bulk 1', 'claim 1']);
  let before: string | undefined;
  for (const key of engine.keys({ prefix, limit: 300 })) {
    const name = decoder.decode(key);
    if (!name.startsWith(prefix)) throw new Error(`expected keys with ${prefix}, found ${name}`);
    if (before !== undefined && before >= name) throw new Error(`${name} comes after ${before}`);
    before = name;
  }
}
