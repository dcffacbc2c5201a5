/**
 * Where the questions are asked: the size of everything, a directory, and contestants that have all keys. Those are
 * opened and filled when first asked for.
 */
import { join } from 'node:path';

import type { Contestant } from './contestants/contestant.ts';
import { Htkv } from './contestants/htkv.ts';
import { Latin1Map } from './contestants/latin1-map.ts';
import { Level } from './contestants/classic-level.ts';
import { Lmdb } from './contestants/lmdb.ts';
import { KeyWalk, VALUE } from './workload.ts';

export class Stage {
  readonly keys: number;
  readonly rounds: number;
  readonly #directory: string;
  #directories = 0;
  #orders = 0;
  readonly #open: Contestant[] = [];
  #htkv: Promise<Htkv> | undefined;
  #lmdb: Promise<Lmdb> | undefined;
  #level: Promise<Level> | undefined;
  #map: Latin1Map | undefined;

  constructor(directory: string, keys: number, rounds: number) {
    this.#directory = directory;
    this.keys = keys;
    this.rounds = rounds;
  }

  /** A path where nothing is yet. */
  newDirectory(): string {
    this.#directories += 1;
    return join(this.#directory, `${this.#directories}`);
  }

  /** A seed that no order had yet: what was visited in one order must not be visited in the same order again. */
  newOrder(): number {
    this.#orders += 1;
    return this.#orders;
  }

  htkv(): Promise<Htkv> {
    return (this.#htkv ??= this.#filled(Htkv));
  }

  lmdb(): Promise<Lmdb> {
    return (this.#lmdb ??= this.#filled(Lmdb));
  }

  level(): Promise<Level> {
    return (this.#level ??= this.#filled(Level));
  }

  map(): Latin1Map {
    if (this.#map === undefined) {
      this.#map = new Latin1Map();
      const walk = KeyWalk.over(this.keys, this.newOrder());
      for (let index = 0; index < this.keys; index += 1) this.#map.put(walk.next(), VALUE);
    }
    return this.#map;
  }

  async close(): Promise<void> {
    for (const contestant of this.#open) await contestant.close();
  }

  async #filled<One extends Contestant>(kind: { open(directory: string): Promise<One> }): Promise<One> {
    const contestant = await kind.open(this.newDirectory());
    this.#open.push(contestant);
    await putAll(contestant, this.keys, this.newOrder());
    await contestant.rest();
    return contestant;
  }
}

/** Puts `keys` keys and settles; returns puts per second. */
export async function putAll(contestant: Contestant, keys: number, seed: number): Promise<number> {
  const walk = KeyWalk.over(keys, seed);
  const start = performance.now();
  for (let index = 0; index < keys; index += 1) {
    const pending = contestant.put(walk.next(), VALUE);
    if (pending !== undefined) await pending;
  }
  await contestant.settle();
  return keys / ((performance.now() - start) / 1000);
}
