/**
 * What the process of a soak does that writes until it is told to stop, or killed: puts, deletes and batches of keys of which few
 * are written often (Zipf), reads that are compared with what it has written, ranges, snapshots that are held for a
 * while, checkpoints and full passes of compaction. Meanwhile the engine compacts, checks its files and takes
 * checkpoints by itself. It sends a sample every second.
 */
import { readdirSync } from 'node:fs';
import { SingleNodeEngine, type KvSnapshot, type StoreConfig } from '@htkv/engine';
import { SeededRandom } from '@htkv/storage/testing';

import { checkOwn, isDelete, ownKey, ownValue } from '../stress/ledger.ts';
import { KEYS, tell, type Told } from './soak-ledger.ts';

/** What is sent every second. Sizes are bytes, times milliseconds. */
export interface SoakSample {
  readonly rss: number;
  readonly heapUsed: number;
  readonly arrayBuffers: number;
  /** Open descriptors; 0 where the system does not tell. */
  readonly descriptors: number;
  readonly writes: number;
  readonly reads: number;
  readonly logBytes: number;
  readonly segments: number;
  readonly segmentsRemoved: number;
  readonly scrubPasses: number;
  readonly checkpoints: number;
  /** Longest wait for a group of writes to be on disk since the last sample. */
  readonly slowest: number;
}

export type SoakMessage =
  | { readonly kind: 'sample'; readonly sample: SoakSample }
  | { readonly kind: 'begun' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'done'; readonly findings: number; readonly bytesChecked: number };

export const SOAK_CONFIG: StoreConfig = {
  maxSegmentSize: 1024 * 1024,
  memoryBudget: 2 * 1024 * 1024,
  compactionIntervalMs: 250,
  tombstoneGraceMs: 2_000,
  scrubIntervalMs: 2_000,
  scrubBytesPerSecond: 16 * 1024 * 1024,
};

/** Where the pipe of the ledger is. */
const LEDGER = 3;
const WRITES_PER_ROUND = 64;
const SAMPLE_MS = 1_000;

export class SoakWriter {
  readonly #engine: SingleNodeEngine;
  readonly #random: SeededRandom;
  /** By key: the last counter that was attempted, ever; and the one that is visible, `undefined` where that is not known. */
  readonly #attempted: Uint32Array;
  readonly #visible: (number | undefined)[] = [];
  #held:
    | { readonly snapshot: KvSnapshot; readonly index: number; readonly counter: number; rounds: number }
    | undefined;
  #writes = 0;
  #reads = 0;
  #checkpoints = 0;
  #slowest = 0;
  #isStopping = false;

  constructor(dataDir: string, seed: string, attempted: Uint32Array, acknowledged: Uint32Array) {
    this.#random = new SeededRandom(seed);
    this.#attempted = attempted;
    this.#engine = SingleNodeEngine.openSync({ ...SOAK_CONFIG, dataDir });
    for (let index = 0; index < KEYS; index += 1) {
      const value = this.#engine.get(ownKey(index));
      this.#visible.push(checkOwn(index, value, acknowledged[index]!, attempted[index]!));
    }
  }

  async run(): Promise<void> {
    send({ kind: 'begun' });
    const timer = setInterval(() => send({ kind: 'sample', sample: this.#sample() }), SAMPLE_MS);
    while (!this.#isStopping) {
      await this.#round();
      await new Promise((resolve) => setImmediate(resolve));
    }
    clearInterval(timer);
    this.#held?.snapshot[Symbol.dispose]();
    const { findings, findingsOmitted, bytesChecked } = await this.#engine.verify();
    await this.#engine.close();
    send({ kind: 'done', findings: findings.length + findingsOmitted, bytesChecked });
  }

  stop(): void {
    this.#isStopping = true;
  }

  async #round(): Promise<void> {
    const random = this.#random;
    await this.#write();
    for (let read = random.below(100); read > 0; read -= 1) this.#read(this.#pick());
    if (random.chance(0.01)) this.#readRange();
    this.#holdSnapshot();
    if (random.chance(0.001)) await this.#engine.runCompactionNow();
    if (random.chance(0.002)) {
      await this.#engine.checkpoint();
      this.#checkpoints += 1;
    }
    const { lastPass } = this.#engine.stats().scrub;
    if (lastPass !== undefined && lastPass.findings.length > 0) {
      throw new Error(`the check in the background found ${JSON.stringify(lastPass.findings[0])}`);
    }
  }

  /** Some writes at once, each of another key, and waits until they are on disk. */
  async #write(): Promise<void> {
    const indices = new Set(
      Array.from({ length: this.#random.between(1, WRITES_PER_ROUND) }, () => this.#pick()),
    );
    const entries = Array.from(indices, (index): Told => {
      this.#attempted[index]! += 1;
      return { index, counter: this.#attempted[index]! };
    });
    tell(LEDGER, entries, false);
    const began = performance.now();
    const half = this.#random.chance(0.3) ? entries.length >>> 1 : 0;
    const promises: Promise<unknown>[] = entries
      .slice(half)
      .map(({ index, counter }) =>
        isDelete(counter)
          ? this.#engine.delete(ownKey(index))
          : this.#engine.put(ownKey(index), ownValue(index, counter)),
      );
    if (half > 0) promises.push(this.#engine.submitBatch(entries.slice(0, half).map(commandOf)));
    for (const { index, counter } of entries) this.#visible[index] = counter;
    await Promise.all(promises);
    this.#slowest = Math.max(this.#slowest, performance.now() - began);
    tell(LEDGER, entries, true);
    this.#writes += entries.length;
  }

  #read(index: number): void {
    const value = this.#engine.get(ownKey(index));
    const counter = this.#visible[index];
    if (counter !== undefined) checkOwn(index, value, counter, counter);
    else if (value !== undefined) throw new Error(`expected own key ${index} to be absent`);
    this.#reads += 1;
  }

  #readRange(): void {
    let before = '';
    for (const key of this.#engine.keys({ prefix: `own ${this.#random.below(100)}`, limit: 200 })) {
      const name = new TextDecoder().decode(key);
      if (name <= before) throw new Error(`${name} comes after ${before}`);
      before = name;
    }
  }

  /** Holds a snapshot for a while, and sees that it still shows what it showed. */
  #holdSnapshot(): void {
    const held = this.#held;
    if (held === undefined) {
      const index = this.#pick();
      const counter = this.#visible[index];
      if (!this.#random.chance(0.02) || counter === undefined) return;
      this.#held = { snapshot: this.#engine.snapshot(), index, counter, rounds: this.#random.below(200) };
      return;
    }
    held.rounds -= 1;
    if (held.rounds > 0) return;
    checkOwn(held.index, held.snapshot.get(ownKey(held.index)), held.counter, held.counter);
    held.snapshot[Symbol.dispose]();
    this.#held = undefined;
  }

  /** Few keys often, many seldom: the n-th about once where the first is n times. */
  #pick(): number {
    const rank = Math.floor(Math.exp(this.#random.next() * Math.log(KEYS + 1))) - 1;
    // Neighbours in rank are no neighbours in order.
    return (Math.min(rank, KEYS - 1) * 7919) % KEYS;
  }

  #sample(): SoakSample {
    const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
    const { logBytes, segments, compaction, scrub } = this.#engine.stats();
    const slowest = this.#slowest;
    this.#slowest = 0;
    return {
      rss,
      heapUsed,
      arrayBuffers,
      descriptors: openDescriptors(),
      writes: this.#writes,
      reads: this.#reads,
      logBytes,
      segments: segments.length,
      segmentsRemoved: compaction.segmentsRemoved,
      scrubPasses: scrub.passes,
      checkpoints: this.#checkpoints,
      slowest,
    };
  }
}

function commandOf({
  index,
  counter,
}: Told): { type: 'delete'; key: string } | { type: 'set'; key: string; value: Uint8Array } {
  const key = ownKey(index);
  return isDelete(counter) ? { type: 'delete', key } : { type: 'set', key, value: ownValue(index, counter) };
}

function openDescriptors(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}

/** To the process that survives. */
export function send(message: SoakMessage): void {
  process.send?.(message);
}
