/**
 * One life of a store on a device that becomes full at one call to it: while a store is created, written to, compacted, checkpointed,
 * closed, opened, and recovered. Whatever is answered is true at once and after every end of the process, reads go on,
 * nothing is half applied; and when there is room again, writes are taken by themselves. The device is simulated: it
 * holds so many bytes, and a write takes what fits.
 */

import { deepStrictEqual, strictEqual } from 'node:assert/strict';

import type { SingleNodeEngine, StoreConfig } from '@htkv/engine';
import { MemoryFileSystem, SeededRandom } from '@htkv/storage/testing';

import { resultOf, resultOfSync } from '../result-of.ts';
import { SimulatedMachine } from '../simulated-machine.ts';

const CONFIG: StoreConfig = {
  maxSegmentSize: 4096,
  memoryBudget: 2 ** 20,
  compactionIntervalMs: 0,
  tombstoneGraceMs: 0,
};
const KEYS = Array.from({ length: 8 }, (_, index) => `key ${index}`);
/** Nobody waits longer for room that is there: a minute, and some. */
const PATIENCE_MS = 70_000;

/** One run, in which the device is full from one of its calls on, until somebody makes room. */
class FullDeviceRun {
  readonly #fullAt: number;
  readonly #random = new SeededRandom('full at every call');
  /** What was answered with `applied`, by key. */
  readonly #model = new Map<string, string>();
  #disk = new MemoryFileSystem();
  #machine: SimulatedMachine;
  #writes = 0;
  calls = 0;
  /** Whether somebody has made room. */
  #hasRoom = false;
  /** How often a write was refused. */
  refused = 0;
  /** Openings that failed for want of room. */
  refusedOpenings = 0;

  constructor(fullAt: number) {
    this.#fullAt = fullAt;
    this.#machine = this.#machineOf(this.#disk);
  }

  async run(): Promise<void> {
    const first = await this.#open();
    for (let step = 0; step < 14; step += 1) this.#write(first);
    await this.#wait(resultOf(first.runCompactionNow()));
    for (let step = 0; step < 4; step += 1) this.#write(first);
    await this.#wait(resultOf(first.checkpoint()));
    this.#write(first);
    await this.#end(first);

    const second = await this.#open();
    for (let step = 0; step < 5; step += 1) this.#write(second);
    this.#kill();

    const third = await this.#open();
    for (let step = 0; step < 3; step += 1) this.#write(third);
    await this.#room(third);
    await this.#end(third);
    this.#check(await this.#open());
  }

  /** Opens the store; where there is no room even for that, once there is. */
  async #open(): Promise<SingleNodeEngine> {
    const machine = this.#machine;
    const opened = resultOfSync(() => machine.open(CONFIG));
    if (typeof opened !== 'string') {
      this.#check(opened);
      return opened;
    }
    strictEqual(opened, 'STORAGE_NO_SPACE');
    this.refusedOpenings += 1;
    this.#makeRoom();
    return machine.open(CONFIG);
  }

  /** One write, a batch, or a delete, durably. */
  #write(engine: SingleNodeEngine): void {
    const random = this.#random;
    this.#writes += 1;
    const value = `${this.#writes}`.padEnd(random.pick([10, 400, 900, 900, 40_000]), '.');
    const keys = random.chance(0.3) ? [random.pick(KEYS), 'both', random.pick(KEYS)] : [random.pick(KEYS)];
    const isDelete = random.chance(0.15);
    const commands = keys.map((key) =>
      isDelete ? ({ type: 'delete', key } as const) : ({ type: 'set', key, value } as const),
    );
    const answer = resultOfSync(() => engine.submitBatchSync(commands, { durability: 'disk' }));
    if (typeof answer === 'string') {
      strictEqual(answer, 'STORAGE_NO_SPACE');
      this.refused += 1;
      strictEqual(engine.stats().readOnlyReason, 'noSpace');
    } else {
      for (const key of keys) {
        if (isDelete) this.#model.delete(key);
        else this.#model.set(key, value);
      }
    }
    this.#check(engine);
  }

  /** Lets something that takes its time come to its end. */
  async #wait(answer: Promise<unknown>): Promise<void> {
    await this.#machine.settle();
    const answered = await answer;
    if (typeof answered === 'string') strictEqual(answered, 'STORAGE_NO_SPACE');
  }

  /** There is room again: by itself, the engine takes writes. */
  async #room(engine: SingleNodeEngine): Promise<void> {
    this.#makeRoom();
    for (
      let waited = 0;
      waited < PATIENCE_MS && engine.stats().readOnlyReason !== undefined;
      waited += 1000
    ) {
      this.#machine.advance(1000);
      await this.#machine.settle();
    }
    strictEqual(engine.stats().readOnlyReason, undefined);
    const refused = this.refused;
    for (let step = 0; step < 3; step += 1) this.#write(engine);
    strictEqual(this.refused, refused);
  }

  async #end(engine: SingleNodeEngine): Promise<void> {
    const closed = await resultOf(engine.close());
    if (closed !== undefined) strictEqual(closed, 'STORAGE_NO_SPACE');
    deepStrictEqual([this.#disk.openFileCount, this.#disk.lockCount], [0, 0]);
    this.#kill();
  }

  /** The process is gone, and with it what the machine had not synced. */
  #kill(): void {
    const random = this.#random.fork('power');
    this.#disk = this.#disk.crashed({ random, keep: 'random' });
    this.#machine = this.#machineOf(this.#disk);
  }

  #check(engine: SingleNodeEngine): void {
    const found = Array.from(engine.entries(), ([key, value]) => [textOf(key), textOf(value)]);
    const expected = [...this.#model].toSorted(([left], [right]) => (left < right ? -1 : 1));
    deepStrictEqual(found, expected, `full at call ${this.#fullAt}`);
  }

  #makeRoom(): void {
    this.#hasRoom = true;
    this.#disk.capacity = Infinity;
  }

  #machineOf(disk: MemoryFileSystem): SimulatedMachine {
    return new SimulatedMachine({
      disk,
      isManual: true,
      onCall: (kind) => {
        if (!['create', 'write', 'sync', 'remove', 'truncate', 'syncDirectory'].includes(kind)) return;
        if (!this.#hasRoom) this.calls += 1;
        if (this.calls !== this.#fullAt || this.#hasRoom) return;
        disk.capacity = disk.usedBytes;
      },
    });
  }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

export interface FullDeviceSweep {
  /** Calls to the device in a run without trouble. */
  readonly calls: number;
  readonly refused: number;
  /** The last call after which even opening was refused. */
  readonly lastRefusedOpening: number;
}

/** Lets the device become full at one call after the other, `stride` apart. Throws at the first thing that is not so. */
export async function sweepFullDevice(from: number, stride: number): Promise<FullDeviceSweep> {
  let refused = 0;
  let lastRefusedOpening = 0;
  for (let fullAt = from; ; fullAt += stride) {
    const run = new FullDeviceRun(fullAt);
    await run.run();
    refused += run.refused;
    if (run.refusedOpenings > 0) lastRefusedOpening = fullAt;
    if (run.calls < fullAt) return { calls: run.calls, refused, lastRefusedOpening };
  }
}
