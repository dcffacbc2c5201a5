/**
 * Proves how much room a store takes: at no moment more than twice what is live and three segments, whatever is written in
 * whatever order, though the event loop never runs; and at most 1.15 times what is live after a full pass. Counted are all
 * files. No write takes more than a twelfth of a segment: what one takes comes on top.
 */
import { expect, test } from 'vitest';

import type { SingleNodeEngine } from '@htkv/engine';
import { SeededRandom } from '@htkv/storage/testing';

import { SimulatedMachine } from '../simulated-machine.ts';

const SEGMENT_BYTES = 64 * 1024;
const KEYS = 600;
const ROUNDS = 10;
/** Of a record: its header, and what it is rounded up to. */
const HEADER_BYTES = 48;
const UNIT_BYTES = 16;

/** An engine and what is live in it. */
class MeasuredStore {
  readonly machine: SimulatedMachine = new SimulatedMachine();
  readonly engine: SingleNodeEngine = this.machine.open({
    maxSegmentSize: SEGMENT_BYTES,
    memoryBudget: 2 ** 20,
    compactionIntervalMs: 0,
    tombstoneGraceMs: 0,
    emitSnapshotAfterCompaction: false,
    ballastBytes: 0,
  });
  readonly #live = new Map<number, number>();
  #liveBytes = 0;
  highest = 0;

  put(keys: readonly number[], bytes: number): void {
    const value = new Uint8Array(bytes);
    this.engine.submitBatchSync(keys.map((key) => ({ type: 'set', key: nameOf(key), value })));
    for (const key of keys) this.#note(key, bytes);
    this.#measure();
  }

  delete(key: number): void {
    this.engine.deleteSync(nameOf(key));
    this.#note(key, 0);
    this.#measure();
  }

  get liveBytes(): number {
    return this.#liveBytes;
  }

  get diskBytes(): number {
    return this.machine.disk.usedBytes;
  }

  /** What a key has of the log; a deletion is live until it may be forgotten. */
  #note(key: number, valueBytes: number): void {
    const bytes = HEADER_BYTES + nameOf(key).length + valueBytes;
    const rounded = Math.ceil(bytes / UNIT_BYTES) * UNIT_BYTES;
    this.#liveBytes += rounded - (this.#live.get(key) ?? 0);
    this.#live.set(key, rounded);
  }

  #measure(): void {
    const { diskBytes } = this;
    const bound = 2 * this.#liveBytes + 3 * SEGMENT_BYTES;
    this.highest = Math.max(this.highest, diskBytes / bound);
  }
}

function nameOf(key: number): string {
  return `key ${String(key).padStart(6, '0')}`;
}

type Workload = (store: MeasuredStore, random: SeededRandom) => void;

const workloads: readonly (readonly [string, Workload])[] = [
  [
    'everything is overwritten at random',
    (store, random) => {
      for (let write = 0; write < KEYS; write += 1) store.put([random.below(KEYS)], 700);
    },
  ],
  [
    'everything is overwritten in order',
    (store) => {
      for (let key = 0; key < KEYS; key += 1) store.put([key], 700);
    },
  ],
  [
    'few keys are written often, in lengths of every kind',
    (store, random) => {
      for (let write = 0; write < KEYS; write += 1) {
        const key = Math.floor(Math.exp(random.next() * Math.log(KEYS)));
        store.put([key], random.pick([0, 10, 100, 1000, 5000]));
      }
    },
  ],
  [
    'batches are written, and some keys deleted and written again',
    (store, random) => {
      for (let batch = 0; batch < KEYS / 20; batch += 1) {
        const keys = new Set(Array.from({ length: 20 }, () => random.below(KEYS)));
        store.put([...keys], random.pick([10, 300, 900]));
        for (const key of keys) if (random.chance(0.3)) store.delete(key);
      }
    },
  ],
];

test.for(workloads)('while %s, a store stays within its bound', async ([name, workload]) => {
  const store = new MeasuredStore();
  const random = new SeededRandom(name);
  for (let key = 0; key < KEYS; key += 1) store.put([key], 700);
  for (let round = 0; round < ROUNDS; round += 1) workload(store, random);
  expect(store.highest).toBeGreaterThan(0.3);
  expect(store.highest).toBeLessThanOrEqual(1);
  await store.engine.runCompactionNow();
  expect(store.diskBytes).toBeLessThanOrEqual(1.15 * store.liveBytes);
  await store.engine.close();
});
