/**
 * One thread that computes hashes, one job at a time.
 *
 * It does not keep the process alive; a job does. Once it has died, by whatever cause, it is gone for good.
 */

import { Worker } from 'node:worker_threads';
import { assert, CodedError } from '@htkv/base';
import type { HashJob, HashResult } from './hash-job.ts';

interface Pending {
  readonly resolve: (result: HashResult) => void;
  readonly reject: (error: Error) => void;
}

export class HashThread {
  readonly #worker: Worker;
  #pending: Pending | undefined;
  #isGone = false;

  constructor() {
    // Unbuilt sources run as they are; a built package has its worker beside this file, under the other ending.
    const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#worker = new Worker(new URL(`./hash-worker.${ending}`, import.meta.url), {
      name: 'htkv-hash',
      // Some options of the process, such as --input-type, keep a thread from starting.
      execArgv: [],
    });
    this.#worker.unref();
    this.#worker.on('message', (result: HashResult) => this.#take()?.resolve(result));
    this.#worker.on('error', (error) => this.#lose(error));
    this.#worker.on('exit', () => this.#lose(undefined));
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Nothing else is being computed. Rejects with `CRYPTO_HASHER_FAILED` if the thread dies. */
  async compute(job: HashJob): Promise<HashResult> {
    assert(this.#pending === undefined, 'a hash thread has one job at a time');
    if (this.#isGone) throw failed(undefined);
    return await new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#worker.ref();
      this.#worker.postMessage(job);
    });
  }

  /** Ends the thread, and with it the job that it has. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #take(): Pending | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    this.#worker.unref();
    return pending;
  }

  #lose(cause: unknown): void {
    this.#isGone = true;
    this.#take()?.reject(failed(cause));
  }
}

function failed(cause: unknown): CodedError {
  return new CodedError('CRYPTO_HASHER_FAILED', 'expected a hash, got the end of the thread', { cause });
}
