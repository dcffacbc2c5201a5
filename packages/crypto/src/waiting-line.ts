/**
 * Bounded concurrency with back-pressure: some work runs, some waits in order, and more is turned away.
 */

import { availableParallelism } from 'node:os';
import { CodedError } from '@htkv/base';
import { checkInteger } from './check-options.ts';

export interface WaitingLineOptions {
  /**
   * How many hashes are computed at once. Default: the number of cores, at most 3, so that one of the four threads of
   * the runtime's pool stays free for other work.
   */
  readonly atOnceMax?: number;
  /**
   * How many calls wait for their turn before further ones fail with `CRYPTO_BUSY`. Default 10,000. The last of a full
   * line waits for `waitingMax` / `atOnceMax` hashes, so a server that answers within seconds sets it to some dozens.
   */
  readonly waitingMax?: number;
}

export const waitingLineOptions: readonly string[] = ['atOnceMax', 'waitingMax'];

export class WaitingLine {
  readonly #atOnceMax: number;
  readonly #waitingMax: number;
  readonly #waiting: (() => void)[] = [];
  /** Invariant: nobody waits while this is below `#atOnceMax`. */
  #running = 0;

  constructor({
    atOnceMax = Math.min(3, availableParallelism()),
    waitingMax = 10_000,
  }: WaitingLineOptions = {}) {
    this.#atOnceMax = checkInteger('atOnceMax', atOnceMax, 1, 64);
    this.#waitingMax = checkInteger('waitingMax', waitingMax, 0, 1_000_000);
  }

  /** Does `work` when it is its turn. Rejects with `CRYPTO_BUSY` without doing it if too many wait. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#atOnceMax) this.#running += 1;
    else await this.#turn();
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // The place is handed on, not given back, so that nobody can slip in between.
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.length >= this.#waitingMax) {
      const message = `expected at most ${this.#waitingMax} hashes to wait, got one more`;
      throw new CodedError('CRYPTO_BUSY', message, { details: { waitingMax: this.#waitingMax } });
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }
}
