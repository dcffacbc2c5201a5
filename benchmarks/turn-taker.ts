/** What one thread does when several are measured at once: the same work for the same window of time. */
import type { SingleNodeEngine } from '@htkv/engine';

import { KeyWalk, VALUE } from './workload.ts';

/** Operations between two looks at the clock. */
const STRIDE = 64;

export type Work = 'get' | 'put' | 'arithmetic';

export interface Turn {
  readonly work: Work;
  /** When the window begins, in milliseconds since the epoch: the one clock that threads share. */
  readonly startMs: number;
  readonly durationMs: number;
}

export interface TurnResult {
  readonly operations: number;
  /** Time that the thread had a processor. */
  readonly cpuMs: number;
  /** When the last operation was done, and on disk if it wrote. */
  readonly endMs: number;
}

export class TurnTaker {
  readonly #engine: SingleNodeEngine;
  readonly keys: number;
  #seed: number;
  #sum = 1;

  /** `seed` is a small number, another one for each thread. */
  constructor(engine: SingleNodeEngine, keys: number, seed: number) {
    this.#engine = engine;
    this.keys = keys;
    this.#seed = seed * 1_000_000;
  }

  async take({ work, startMs, durationMs }: Turn): Promise<TurnResult> {
    this.#seed += 1;
    const walk = KeyWalk.over(this.keys, this.#seed);
    while (Date.now() < startMs);
    const cpuBefore = process.threadCpuUsage();
    const endMs = startMs + durationMs;
    let operations = 0;
    // Once at least: on a busy machine the window can be over before the thread has heard of it.
    do {
      if (work === 'get') this.#getSome(walk);
      else if (work === 'put') this.#putSome(walk);
      else this.#addSome();
      operations += STRIDE;
    } while (Date.now() < endMs);
    const { user, system } = process.threadCpuUsage(cpuBefore);
    if (work === 'put') await this.#engine.flush();
    return { operations, cpuMs: Math.max(1, user + system) / 1000, endMs: Date.now() };
  }

  #getSome(walk: KeyWalk): void {
    for (let index = 0; index < STRIDE; index += 1) {
      if (this.#engine.get(walk.next()) === undefined) throw new Error('a key that was written is missing');
    }
  }

  #putSome(walk: KeyWalk): void {
    for (let index = 0; index < STRIDE; index += 1) this.#engine.putSync(walk.next(), VALUE);
  }

  /** About as long as a few gets; nothing of it touches memory. */
  #addSome(): void {
    let sum = this.#sum;
    for (let index = 0; index < STRIDE * 100; index += 1) sum = Math.imul(sum, 0x85ebca6b) ^ (sum >>> 13);
    this.#sum = sum | 1;
  }
}
