/** Threads of scenarios, as the test has them: each joins an engine, runs steps of the test, and ends in many ways. */
import { Worker } from 'node:worker_threads';
import type { SingleNodeEngine } from '@htkv/engine';

import type { Answer, Call } from './joined-program.ts';
import { IS_BUILT } from './load-engine.ts';

export type EngineHandle = ReturnType<SingleNodeEngine['share']>;

/** Runs in the thread; `joinAgain` joins once more, as if it were a thread of its own. It is sent as text, so it uses nothing but its parameters and what every thread has. */
export type Step<Parameter, Result> = (
  engine: SingleNodeEngine,
  parameter: Parameter,
  joinAgain: () => SingleNodeEngine,
) => Result | Promise<Result>;

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class JoinedThread {
  readonly worker: Worker;
  /** Resolves with the exit code when the thread is gone. */
  readonly ended: Promise<number>;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  /** What the thread died of, if it was an error. */
  error: Error | undefined;

  private constructor(worker: Worker) {
    this.worker = worker;
    this.ended = new Promise((resolve) => worker.on('exit', resolve));
    worker.on('message', (answer: Answer) => this.#settle(answer));
    worker.on('error', (error: Error) => (this.error = error));
    worker.on('exit', () => {
      for (const { reject } of this.#pending.values()) reject(new Error('the thread has ended'));
      this.#pending.clear();
    });
  }

  /** Starts a thread that joins. Rejects with what `attach` throws. */
  static async join(handle: unknown): Promise<JoinedThread> {
    const program = new URL('./joined-program.ts', import.meta.url);
    const thread = new JoinedThread(
      new Worker(program, { workerData: { handle, isBuilt: IS_BUILT }, execArgv: [] }),
    );
    try {
      await new Promise<unknown>((resolve, reject) => thread.#pending.set(0, { resolve, reject }));
    } catch (error) {
      await thread.worker.terminate();
      throw error;
    }
    return thread;
  }

  /** Starts several. */
  static joinAll(handle: EngineHandle, count: number): Promise<JoinedThread[]> {
    return Promise.all(Array.from({ length: count }, () => JoinedThread.join(handle)));
  }

  /** Runs a step with each thread, all at once, each with its number. */
  static runTogether<Parameter, Result>(
    threads: readonly JoinedThread[],
    parameterOf: (index: number) => Parameter,
    step: Step<Parameter, Result>,
  ): Promise<Result[]> {
    const gate = new Int32Array(new SharedArrayBuffer(4));
    return Promise.all(
      threads.map((thread, index) => thread.#call(step, parameterOf(index), gate, threads.length)),
    );
  }

  /** Runs a step; rejects with what it throws, or if the thread ends meanwhile. */
  run<Parameter, Result>(step: Step<Parameter, Result>, parameter: Parameter): Promise<Result> {
    return this.#call(step, parameter, undefined, 1);
  }

  /** Kills the thread, whatever it does. */
  async terminate(): Promise<void> {
    await this.worker.terminate();
  }

  #call<Parameter, Result>(
    step: Step<Parameter, Result>,
    parameter: Parameter,
    gate: Int32Array | undefined,
    gateCount: number,
  ): Promise<Result> {
    this.#lastId += 1;
    const call: Call = { id: this.#lastId, source: String(step), parameter, gate, gateCount };
    const result = new Promise<unknown>((resolve, reject) => this.#pending.set(call.id, { resolve, reject }));
    this.worker.postMessage(call);
    return result as Promise<Result>;
  }

  #settle(answer: Answer): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if ('result' in answer) return pending?.resolve(answer.result);
    const { name, message, code } = answer.failure;
    pending?.reject(Object.assign(new Error(message), { name, code }));
  }
}
