/** This store, at its defaults: versions, timestamps and outcomes with every write, copies with every read. */
import { SingleNodeEngine } from '@htkv/engine';

import type { Contestant, DurableWriter, Reader } from './contestant.ts';

export class Htkv implements Contestant, Reader, DurableWriter {
  readonly name = 'htkv';
  readonly engine: SingleNodeEngine;

  private constructor(engine: SingleNodeEngine) {
    this.engine = engine;
  }

  static async open(directory: string): Promise<Htkv> {
    return new Htkv(await SingleNodeEngine.open({ dataDir: directory }));
  }

  put(key: Uint8Array, value: Uint8Array): undefined {
    this.engine.putSync(key, value);
  }

  settle(): Promise<void> {
    return this.engine.flush();
  }

  async rest(): Promise<void> {
    // What is flushed leaves nothing to do.
  }

  putDurably(key: Uint8Array, value: Uint8Array): Promise<unknown> {
    return this.engine.put(key, value);
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.engine.get(key);
  }

  close(): Promise<void> {
    return this.engine.close();
  }
}
