/** An engine of a test in a directory of its own, with threads that have joined it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SingleNodeEngine, type StoreConfig } from '@htkv/engine';

import { JoinedThread, type EngineHandle } from './joined-thread.ts';

const PATIENCE_MS = 120_000;

export class SharedEngine {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'htkv-threads-'));
  readonly #config: StoreConfig;
  engine: SingleNodeEngine;
  handle: EngineHandle;
  threads: JoinedThread[] = [];

  constructor(config: StoreConfig = {}) {
    this.#config = { dataDir: join(this.directory, 'store'), memoryBudget: 1024 * 1024, ...config };
    this.engine = SingleNodeEngine.openSync(this.#config);
    this.handle = this.engine.share();
  }

  /** As the constructor, with `count` threads. */
  static async start(count: number, config?: StoreConfig): Promise<SharedEngine> {
    const shared = new SharedEngine(config);
    await shared.join(count);
    return shared;
  }

  /** Starts `count` threads more, and returns them. */
  async join(count: number): Promise<JoinedThread[]> {
    const joined = await JoinedThread.joinAll(this.handle, count);
    this.threads.push(...joined);
    return joined;
  }

  /** Closes and opens again; nobody joins. */
  reopen(): void {
    this.engine.closeSync();
    this.engine = SingleNodeEngine.openSync(this.#config);
    this.handle = this.engine.share();
  }

  /** Resolves when just so many threads have the store open; fails if that does not come. */
  async untilThreads(count: number): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    while (this.engine.stats().threads !== count) {
      if (Date.now() > deadline) {
        throw new Error(`expected ${count} threads, found ${this.engine.stats().threads}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** Ends everything and removes the directory. */
  async end(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.terminate()));
    this.engine.closeSync();
    rmSync(this.directory, { recursive: true });
  }
}
