/**
 * After opening, brings the youngest pages of the log back into memory, little by little, resting as long as it works.
 * It keeps no process alive.
 */
import type { LogStore, LogWarming } from '@htkv/storage';

import type { Environment } from './environment.ts';

/** About a millisecond of work. */
const STEP_BYTES = 512 * 1024;
const REST_MS = 1;

export class Warming {
  readonly #environment: Environment;
  readonly #warming: LogWarming;
  #cancelTimer: (() => void) | undefined;

  constructor(store: LogStore, environment: Environment) {
    this.#warming = store.warming();
    this.#environment = environment;
  }

  start(): void {
    this.#cancelTimer = this.#environment.whenever(REST_MS, () => {
      if (this.#step()) this.start();
    });
  }

  close(): void {
    this.#cancelTimer?.();
  }

  #step(): boolean {
    try {
      return this.#warming.step(STEP_BYTES);
    } catch {
      // Another thread does not let go of the store: what is still on disk is read from there.
      return false;
    }
  }
}
