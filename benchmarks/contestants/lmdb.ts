/**
 * lmdb-js, a native store, with binary keys and values. `put` is awaited at the end, and `flushed` too: with its
 * default, overlapping sync, a resolved write may not be on disk yet. `getBinaryFast` does not copy.
 */
import { mkdirSync } from 'node:fs';

import { open, type RootDatabase } from 'lmdb';

import type { Contestant, DurableWriter, Reader } from './contestant.ts';

export class Lmdb implements Contestant, Reader, DurableWriter {
  readonly name = 'lmdb';
  readonly #database: RootDatabase<Uint8Array, Uint8Array>;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(database: RootDatabase<Uint8Array, Uint8Array>) {
    this.#database = database;
  }

  static async open(directory: string): Promise<Lmdb> {
    mkdirSync(directory);
    return new Lmdb(open({ path: directory, keyEncoding: 'binary', encoding: 'binary' }));
  }

  put(key: Uint8Array, value: Uint8Array): undefined {
    // It keeps the key until it has written it.
    this.#last = this.#database.put(Buffer.from(key), value);
  }

  async settle(): Promise<void> {
    await this.#last;
    await this.#database.flushed;
  }

  async rest(): Promise<void> {
    // What is flushed leaves nothing to do.
  }

  async putDurably(key: Uint8Array, value: Uint8Array): Promise<void> {
    await this.#database.put(Buffer.from(key), value);
    await this.#database.flushed;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#database.getBinaryFast(key);
  }

  /** All entries from `start` up to `end`, copied. */
  range(start: Uint8Array, end: Uint8Array): unknown[] {
    return [...this.#database.getRange({ start, end })];
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}
