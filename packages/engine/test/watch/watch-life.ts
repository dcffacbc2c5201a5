/**
 * A random life of an engine and of those who watch it, from a seed: writes, batches, deletes, flushes, a full device,
 * compaction, checkpoints, reopening and crashes, between steps of slow and quick watchers. What was applied is noted by its
 * place in the commit order, and each watcher compares what comes with what has to come next.
 */
import { errorCode, type Change, type SingleNodeEngine, type StoreConfig, type Watch } from '@htkv/engine';
import { SeededRandom } from '@htkv/storage/testing';
import { expect } from 'vitest';

import { SimulatedMachine } from '../simulated-machine.ts';
import { shown } from './changes.ts';

const CONFIG: StoreConfig = {
  maxSegmentSize: 4096,
  memoryBudget: 2 ** 20,
  compactionIntervalMs: 0,
  tombstoneGraceMs: 50,
};
const KEYS = Array.from({ length: 12 }, (_, index) => `${'abc'[index % 3]}${index}`);
const STEPS = 250;
const PREFIXES = ['', 'a', 'b', 'c', 'none'];

interface Noted {
  readonly line: string;
  readonly key: string;
  /** Writes of one batch have the same. */
  readonly batch: number;
}

interface Watcher {
  readonly prefix: string;
  watch: Watch;
  /** Nothing up to here is to come; and where it has begun. */
  last: number;
  from: number;
  /** Whether it was asked for something that was not looked at yet, and what came of that. */
  isAsked: boolean;
  answer: readonly Change[] | 'over' | Error | undefined;
}

export interface LifeCounts {
  changes: number;
  told: number;
  crashes: number;
  waits: number;
  batches: number;
}

export class WatchLife {
  readonly counts: LifeCounts = { changes: 0, told: 0, crashes: 0, waits: 0, batches: 0 };
  readonly #random: SeededRandom;
  #machine: SimulatedMachine;
  #engine: SingleNodeEngine;
  readonly #noted = new Map<number, Noted>();
  #live = new Set<string>();
  #watchers: Watcher[] = [];
  #writes = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
    this.#machine = new SimulatedMachine({
      isManual: true,
      ...(random.chance(0.5) ? { hasLanded: () => random.chance(0.4) } : {}),
    });
    this.#engine = this.#machine.open(CONFIG);
  }

  async live(steps: number): Promise<void> {
    const random = this.#random;
    this.#addWatcher();
    for (let step = 0; step < steps; step += 1) {
      const dice = random.below(100);
      if (dice < 32) this.#write([this.#randomWrite()]);
      else if (dice < 42) this.#write(this.#randomBatch());
      else if (dice < 47) await this.#makeDurable();
      else if (dice < 84) await this.#ask(random.below(this.#watchers.length));
      else if (dice < 88) this.#addWatcher();
      else if (dice < 91) await this.#settled(this.#engine.runCompactionNow());
      else if (dice < 93) await this.#settled(this.#engine.checkpoint());
      else if (dice < 95) await this.#reopen();
      else if (dice < 97) await this.#crash();
      else if (dice < 98) await this.#fillDevice();
      else this.#machine.advance(random.below(100));
    }
    await this.#makeDurable();
    for (let index = 0; index < this.#watchers.length; index += 1) await this.#drain(index);
    await this.#checkWholeLog();
    this.#engine.closeSync();
  }

  #randomWrite(): { key: string; value: string | undefined } {
    const random = this.#random;
    const key = random.pick(KEYS);
    this.#writes += 1;
    if (this.#live.has(key) && random.chance(0.2)) return { key, value: undefined };
    const length = random.chance(0.03) ? 40_000 : random.below(500);
    return { key, value: `${this.#writes} `.padEnd(length, 'v') };
  }

  #randomBatch(): { key: string; value: string | undefined }[] {
    const writes = Array.from({ length: 2 + this.#random.below(8) }, () => this.#randomWrite());
    return writes.filter(({ key }, index) => writes.findIndex((other) => other.key === key) === index);
  }

  #write(writes: readonly { key: string; value: string | undefined }[]): void {
    const before = this.#engine.latestSequence();
    const commands = writes.map(({ key, value }) =>
      value === undefined ? { type: 'delete' as const, key } : { type: 'set' as const, key, value },
    );
    const durability = this.#random.pick(['memory', 'memory', 'os', 'disk'] as const);
    this.#engine.submitBatchSync(commands, { durability });
    requireEqual(this.#engine.latestSequence(), before + writes.length, 'each write has a place');
    writes.forEach(({ key, value }, index) => {
      const sequence = before + 1 + index;
      const line = value === undefined ? `${sequence} delete ${key}` : `${sequence} set ${key} = ${value}`;
      this.#noted.set(sequence, { line, key, batch: before });
      if (value === undefined) this.#live.delete(key);
      else this.#live.add(key);
    });
  }

  /** What no commit had covered is taken back. */
  async #fillDevice(): Promise<void> {
    const sequence = this.#engine.latestSequence() + 1;
    this.#machine.faults.plan({ at: 1, kinds: ['write'], code: 'ENOSPC', effect: 'prefix' });
    try {
      this.#engine.putSync('full', 'x', { durability: 'disk' });
      this.#noted.set(sequence, { line: `${sequence} set full = x`, key: 'full', batch: sequence });
    } catch (error) {
      requireEqual(errorCode(error), 'STORAGE_NO_SPACE', 'the device is full');
      this.#forgetBehind(this.#engine.commitLog.durableSequence);
    }
    this.#machine.faults.heal();
    // Tells of the writes that nobody waited for, once.
    await this.#settled(
      this.#engine
        .flush()
        .catch((error) => requireEqual(errorCode(error), 'STORAGE_NO_SPACE', 'the device was full')),
    );
  }

  #forgetBehind(sequence: number): void {
    for (const noted of this.#noted.keys()) if (noted > sequence) this.#noted.delete(noted);
    this.#live = new Set(Array.from(this.#engine.keys(), (key) => new TextDecoder().decode(key)));
  }

  #addWatcher(): void {
    const prefix = this.#random.pick(PREFIXES);
    const isNow = this.#random.chance(0.3);
    const oldest = this.#engine.commitLog.oldestSequence - 1;
    const last = isNow
      ? this.#engine.latestSequence()
      : oldest + this.#random.below(this.#engine.latestSequence() - oldest + 1);
    const watch = this.#engine.watch({ prefix, ...(isNow ? {} : { since: last }) });
    const watcher: Watcher = { prefix, watch, last, from: last, isAsked: false, answer: undefined };
    if (this.#watchers.length < 6) this.#watchers.push(watcher);
    else this.#watchers[this.#random.below(6)] = watcher;
  }

  /** Has a watcher ask for a change or an array of them, and looks whether there is an answer. */
  async #ask(index: number): Promise<boolean> {
    const watcher = this.#watchers[index]!;
    const { watch } = watcher;
    const isForMany = !watcher.isAsked && this.#random.chance(0.5);
    if (!watcher.isAsked) {
      watcher.isAsked = true;
      watcher.answer = undefined;
      const asked = isForMany
        ? watch
            .batches()
            .next()
            .then(({ value }) => value)
        : watch.next().then(({ value }) => value && [value]);
      asked.then(
        (changes) => void (watcher.answer = changes ?? 'over'),
        (error: Error) => void (watcher.answer = error),
      );
    }
    await this.#machine.settle();
    const { durableSequence } = this.#engine.commitLog;
    if (watcher.answer === undefined) {
      this.counts.waits += 1;
      requireEqual(this.#due(watcher, durableSequence), undefined, 'a change that is durable is given out');
      // It may differ by places that were taken back, or that a crash has left nothing at.
      const [least, most] = [watch.position, durableSequence].sort((one, other) => one - other);
      for (let sequence = least! + 1; sequence <= most!; sequence += 1) {
        requireEqual(this.#noted.get(sequence), undefined, 'the position is the end of what is durable');
      }
      return false;
    }
    requireTrue(watcher.answer !== 'over', 'a watch of an open engine has no end');
    this.#takeAnswer(watcher);
    requireTrue(watcher.last <= Math.max(durableSequence, watcher.from), 'only what is durable is given out');
    if (isForMany && watcher.prefix === '' && watcher.last > watcher.from) this.#checkBatchEnd(watcher);
    return true;
  }

  /** Looks at what a watcher was answered, if it was. */
  #takeAnswer(watcher: Watcher): void {
    const { answer } = watcher;
    if (!watcher.isAsked || answer === undefined) return;
    watcher.isAsked = false;
    if (answer instanceof Error) this.#told(watcher, answer);
    else if (answer !== 'over') for (const change of answer) this.#take(watcher, change);
  }

  #take(watcher: Watcher, change: Change): void {
    const due = this.#due(watcher, Number.POSITIVE_INFINITY);
    requireEqual(shown(change), due?.line, 'the next change comes next');
    watcher.last = change.sequence;
    this.counts.changes += 1;
  }

  /** The change that has to come next, if there is one up to `most`. */
  #due({ prefix, last }: Watcher, most: number): Noted | undefined {
    for (const [sequence, noted] of [...this.#noted].sort(([one], [other]) => one - other)) {
      if (sequence > last && sequence <= most && noted.key.startsWith(prefix)) return noted;
    }
    return undefined;
  }

  #checkBatchEnd({ last }: Watcher): void {
    this.counts.batches += 1;
    requireTrue(this.#noted.get(last + 1)?.batch !== this.#noted.get(last)!.batch, 'a batch is not divided');
  }

  /** Compaction was faster. */
  #told(watcher: Watcher, error: Error): void {
    requireEqual(errorCode(error), 'ENGINE_SEQUENCE_COMPACTED', error.message);
    const oldest = this.#engine.commitLog.oldestSequence - 1;
    requireTrue(watcher.watch.position < oldest, 'nobody is told who has seen what is gone');
    this.counts.told += 1;
    watcher.watch = this.#engine.watch({ prefix: watcher.prefix, since: oldest });
    watcher.last = Math.max(watcher.last, oldest);
    watcher.from = watcher.last;
  }

  async #drain(index: number): Promise<void> {
    while (await this.#ask(index));
  }

  async #makeDurable(): Promise<void> {
    await this.#settled(this.#engine.flush());
  }

  async #reopen(): Promise<void> {
    this.#engine.closeSync();
    // Those who wait are answered, and who asks afterwards as well.
    for (const { watch } of this.#watchers)
      requireEqual((await watch.next()).done, true, 'a closed engine ends watches');
    this.#start(this.#machine);
  }

  async #crash(): Promise<void> {
    this.counts.crashes += 1;
    const { durableSequence } = this.#engine.commitLog;
    this.#start(this.#random.chance(0.5) ? this.#machine.afterPowerLoss() : this.#machine.afterKill());
    const reached = this.#engine.latestSequence();
    for (const { last, watch } of this.#watchers) {
      requireTrue(watch.position <= reached, 'a position is never lost');
      requireTrue(last <= reached || watch.position < last, 'a change that was given out is never lost');
    }
    this.#forgetBehind(reached);
    // Of what was not durable the commit order may have kept the places and nothing else.
    const found = new Set<number>();
    for (const change of await this.#wholeLog()) found.add(change.sequence);
    for (const sequence of this.#noted.keys()) {
      if (sequence > durableSequence && !found.has(sequence)) this.#noted.delete(sequence);
    }
  }

  /** Everybody goes on from where he was. */
  #start(machine: SimulatedMachine): void {
    this.#machine = machine;
    this.#engine = machine.open(CONFIG);
    for (const watcher of this.#watchers) {
      if (!(watcher.answer instanceof Error)) this.#takeAnswer(watcher);
      const { position } = watcher.watch;
      watcher.isAsked = false;
      watcher.from = position;
      // One that has begun at what was not durable has what came of that before it.
      watcher.last = Math.min(watcher.last, position);
      watcher.watch = this.#engine.watch({ prefix: watcher.prefix, since: position });
    }
  }

  async #wholeLog(): Promise<Change[]> {
    const changes: Change[] = [];
    const read = (async () => {
      for await (const change of this.#engine.commitLog.read()) changes.push(change);
    })();
    await this.#settled(read);
    return changes;
  }

  async #checkWholeLog(): Promise<void> {
    const lines = (await this.#wholeLog()).map((change) => shown(change));
    const { oldestSequence } = this.#engine.commitLog;
    const expected = [...this.#noted].filter(([sequence]) => sequence >= oldestSequence);
    const sorted = expected.sort(([one], [other]) => one - other);
    requireEqual(
      lines,
      sorted.map(([, { line }]) => line),
      'the log has every write that is left',
    );
  }

  async #settled(promise: Promise<unknown>): Promise<void> {
    await this.#machine.settle();
    await promise;
  }
}

/** Fails with the seed of the life that went wrong, and unless the lives had enough of everything. */
export async function liveLives(name: string, lives: number): Promise<void> {
  const sum: LifeCounts = { changes: 0, told: 0, crashes: 0, waits: 0, batches: 0 };
  for (let life = 0; life < lives; life += 1) {
    const random = new SeededRandom(`${name} ${life}`);
    const one = new WatchLife(random);
    try {
      await one.live(STEPS);
    } catch (error) {
      throw new Error(`in the life of seed ${random.seed}`, { cause: error });
    }
    for (const count of Object.keys(sum) as (keyof LifeCounts)[]) sum[count] += one.counts[count];
  }
  expect(sum.changes).toBeGreaterThan(lives * 50);
  for (const count of ['told', 'crashes', 'waits', 'batches'] as const) {
    expect(sum[count], count).toBeGreaterThan(lives);
  }
}

function requireTrue(holds: boolean, what: string): void {
  expect(holds, what).toBe(true);
}

function requireEqual(actual: unknown, expected: unknown, what: string): void {
  expect(actual, what).toEqual(expected);
}
