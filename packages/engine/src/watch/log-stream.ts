/**
 * Changes as an asynchronous iteration: a reader of the log, read as fast as somebody asks for changes and no faster. What
 * was read together is given out change by change; between two reads the event loop runs.
 *
 * At the end of what is durable it waits to be told of more. The timer that keeps the thread alive meanwhile looks again
 * when it fires.
 */
import type { ChangeReader, LogSignal } from '@htkv/storage';

import type { Environment } from '../environment.ts';
import type { Change, ChangeStream } from './change.ts';
import { feedFailure } from './feed-failure.ts';
import type { FeedOptions } from './feed-options.ts';

/** How long a thread is kept alive at a time. */
const ALIVE_MS = 30_000;

const OVER: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });
const NONE: readonly never[] = [];

/** What a stream needs of its engine. */
export interface StreamOwner {
  readonly environment: Pick<Environment, 'soon' | 'later' | 'whenever'>;
  readonly signal: LogSignal;
  isOpen(): boolean;
}

export class LogStream<Item extends Change> implements ChangeStream<Item> {
  readonly #owner: StreamOwner;
  readonly #reader: ChangeReader;
  readonly #options: FeedOptions;
  /** What was read and is being given out: those from `#next` on are left. */
  #items: readonly Item[] = NONE;
  #next = 0;
  /** How many more there may be. */
  #left: number;
  #position: number;
  /** The position once all that was read is given out. */
  #positionBehind: number;
  /** Whether the event loop has not run since the last read. */
  #hasJustRead = false;
  #isOver = false;
  /** Calls that have not settled, and the end of the last of them. */
  #waitingCalls = 0;
  #lastCall: Promise<unknown> = Promise.resolve();
  #wake: (() => void) | undefined;

  constructor(owner: StreamOwner, reader: ChangeReader, options: FeedOptions) {
    this.#owner = owner;
    this.#reader = reader;
    this.#options = options;
    this.#left = options.limit;
    this.#position = reader.position;
    this.#positionBehind = reader.position;
  }

  get position(): number {
    return this.#position;
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    if (this.#waitingCalls === 0 && this.#next < this.#items.length && this.#goesOn) {
      return Promise.resolve(this.#takeOne());
    }
    return this.#inOrder(async () => ((await this.#fill()) ? this.#takeOne() : OVER));
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#end();
    return OVER;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end();
  }

  batches(): AsyncIterableIterator<readonly Item[], undefined> {
    const iterator: AsyncIterableIterator<readonly Item[], undefined> = {
      next: () => this.#inOrder(async () => ((await this.#fill()) ? this.#takeAll() : OVER)),
      return: () => this.return(),
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /** Whether what was read may still be given out. */
  get #goesOn(): boolean {
    return !this.#isOver && this.#options.signal?.aborted !== true && this.#owner.isOpen();
  }

  #takeOne(): IteratorYieldResult<Item> {
    const value = this.#items[this.#next]!;
    this.#next += 1;
    this.#position = this.#next < this.#items.length ? value.sequence : this.#positionBehind;
    return { done: false, value };
  }

  #takeAll(): IteratorYieldResult<readonly Item[]> {
    const value = this.#next === 0 ? this.#items : this.#items.slice(this.#next);
    this.#next = this.#items.length;
    this.#position = this.#positionBehind;
    return { done: false, value };
  }

  /** Runs `step` behind the steps of earlier calls. */
  #inOrder<Result>(step: () => Promise<Result>): Promise<Result> {
    const call = this.#waitingCalls === 0 ? step() : this.#lastCall.then(step);
    this.#waitingCalls += 1;
    const settle = (): void => {
      this.#waitingCalls -= 1;
    };
    this.#lastCall = call.then(settle, settle);
    return call;
  }

  /** Makes sure that there is something to give out; false if there will be nothing any more. */
  async #fill(): Promise<boolean> {
    try {
      while (!this.#isOver) {
        this.#options.signal?.throwIfAborted();
        if (!this.#owner.isOpen()) break;
        if (this.#next < this.#items.length) return true;
        if (this.#left === 0) break;
        if (this.#hasJustRead) await this.#rest();
        else if (!(await this.#read())) break;
      }
    } catch (error) {
      this.#end();
      throw feedFailure(error);
    }
    this.#end();
    return false;
  }

  /** False at the end, unless more is waited for. */
  async #read(): Promise<boolean> {
    const seen = this.#owner.signal.count;
    const items = this.#reader.read() as readonly Change[] as readonly Item[];
    this.#hasJustRead = true;
    const isCut = items.length > this.#left;
    this.#items = isCut ? items.slice(0, this.#left) : items;
    this.#next = 0;
    this.#left -= this.#items.length;
    this.#positionBehind = isCut ? this.#items.at(-1)!.sequence : this.#reader.position;
    if (items.length > 0) return true;
    this.#position = this.#positionBehind;
    if (!this.#reader.isAtEnd) return true;
    if (!this.#options.follows) return false;
    await this.#more(seen);
    return true;
  }

  /** Lets the event loop run. */
  #rest(): Promise<void> {
    this.#hasJustRead = false;
    return new Promise((resolve) => this.#owner.environment.soon(resolve));
  }

  /** Resolves when there may be more than when the signal's count was `seen`, or when the stream may be over. */
  #more(seen: number): Promise<void> {
    const { signal, persistent } = this.#options;
    const { environment, signal: log } = this.#owner;
    this.#hasJustRead = false;
    return new Promise((resolve) => {
      const wait = persistent ? environment.later : environment.whenever;
      const wake = (): void => {
        this.#wake = undefined;
        stopTimer();
        stopListening();
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const stopTimer = wait(ALIVE_MS, wake);
      const stopListening = log.listen(wake);
      signal?.addEventListener('abort', wake);
      this.#wake = wake;
      // What came between looking and listening has told nobody.
      if (log.count !== seen || signal?.aborted === true) wake();
    });
  }

  #end(): void {
    this.#isOver = true;
    this.#items = NONE;
    this.#next = 0;
    this.#wake?.();
  }
}
