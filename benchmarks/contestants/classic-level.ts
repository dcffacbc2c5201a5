/** LevelDB in its Node binding: batches of 1,000, one awaited after the other, the last one synced. */
import { ClassicLevel } from 'classic-level';

import { KEY_BYTES } from '../workload.ts';
import type { Contestant } from './contestant.ts';

const BATCH = 1000;

interface Put {
  readonly type: 'put';
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export class Level implements Contestant {
  readonly name = 'classic-level';
  readonly #database: ClassicLevel<Uint8Array, Uint8Array>;
  #batch: Put[] = [];

  private constructor(database: ClassicLevel<Uint8Array, Uint8Array>) {
    this.#database = database;
  }

  static async open(directory: string): Promise<Level> {
    const database = new ClassicLevel<Uint8Array, Uint8Array>(directory, {
      keyEncoding: 'buffer',
      valueEncoding: 'buffer',
    });
    await database.open();
    return new Level(database);
  }

  put(key: Uint8Array, value: Uint8Array): Promise<void> | undefined {
    this.#batch.push({ type: 'put', key: Buffer.from(key), value });
    return this.#batch.length < BATCH ? undefined : this.#write(false);
  }

  settle(): Promise<void> {
    // An empty batch would sync nothing: one small record more is the price of a sync.
    if (this.#batch.length === 0) void this.put(new Uint8Array(KEY_BYTES), new Uint8Array(1));
    return this.#write(true);
  }

  /** Compaction would go on in the background and take the processor from whoever is measured next. */
  rest(): Promise<void> {
    return this.#database.compactRange(new Uint8Array(1), new Uint8Array(KEY_BYTES).fill(0xff));
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  #write(sync: boolean): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    return this.#database.batch(batch, { sync });
  }
}
