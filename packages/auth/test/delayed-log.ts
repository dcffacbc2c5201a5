/**
 * A store behind a log that somebody else orders: batches wait, and are applied one by one, later. Between looking and
 * writing there is always time for somebody else's write.
 */

import type { ApplyOutcome, BatchOptions, CommandSubmitter, KvEngine, SingleInput } from '@htkv/engine';
import type { AuthStore } from '@htkv/auth';

type Turn = () => Promise<void>;

export class DelayedLog {
  readonly #engine: KvEngine;
  readonly #turns: Turn[] = [];
  #isRunning = false;
  /** Batches that met a conflict. */
  conflicts = 0;

  constructor(engine: KvEngine) {
    this.#engine = engine;
  }

  /** What a member of the group works with: reads of its own copy, writes through the log. */
  member(): AuthStore {
    const engine = this.#engine;
    const submitBatch: CommandSubmitter['submitBatch'] = (commands, options) =>
      this.#append(commands, options ?? {});
    return {
      get: (key) => engine.get(key),
      getEntry: (key) => engine.getEntry(key),
      getPrefix: (prefix) => engine.getPrefix(prefix),
      submitBatch,
    };
  }

  #append(commands: readonly SingleInput[], options: BatchOptions): Promise<readonly ApplyOutcome[]> {
    return new Promise((resolve, reject) => {
      this.#turns.push(async () => {
        const outcomes = await this.#engine.submitBatch(commands, { ...options, durability: 'memory' });
        if (outcomes.includes('conflict')) this.conflicts += 1;
        resolve(outcomes);
      });
      this.#run().catch(reject);
    });
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (let turn = this.#turns.shift(); turn !== undefined; turn = this.#turns.shift()) {
      await new Promise((resolve) => setImmediate(resolve));
      await turn();
    }
    this.#isRunning = false;
  }
}
