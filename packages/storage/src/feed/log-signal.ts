/**
 * Tells whoever follows the log, in any thread, that more of it has become durable or that a thread has left the store:
 * a count in shared memory, and a wake-up for those who listen. Who hears it looks for itself what is new.
 *
 * In a thread it costs one wait, however many listen; that alone does not keep the thread alive.
 */
import { Word } from '../control/shared-memory.ts';

export class LogSignal {
  readonly #words: Int32Array;
  readonly #isShared: boolean;
  readonly #listeners = new Set<() => void>();
  /** Whether this thread waits for the others already. */
  #isWaiting = false;

  constructor(words: Int32Array) {
    this.#words = words;
    this.#isShared = words.buffer instanceof SharedArrayBuffer;
  }

  /** What to compare with later: unchanged means that nothing was told in between. */
  get count(): number {
    return Atomics.load(this.#words, Word.signal);
  }

  /** Something is new. Listeners of this thread are called at once, those of others when their event loop runs. */
  notify(): void {
    Atomics.add(this.#words, Word.signal, 1);
    if (this.#isShared) Atomics.notify(this.#words, Word.signal);
    this.#tell();
  }

  /**
   * Calls `listener` whenever something is new from now on, perhaps more often; the result ends that. It is called in
   * the middle of a turn, so it only takes note.
   */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    this.#wait();
    return () => void this.#listeners.delete(listener);
  }

  #wait(): void {
    if (!this.#isShared || this.#isWaiting || this.#listeners.size === 0) return;
    const waiting = Atomics.waitAsync(this.#words, Word.signal, this.count);
    if (!waiting.async) {
      // It has changed between the two instructions.
      queueMicrotask(() => {
        this.#tell();
        this.#wait();
      });
      return;
    }
    this.#isWaiting = true;
    void this.#hear(waiting.value);
  }

  async #hear(news: Promise<unknown>): Promise<void> {
    await news;
    this.#isWaiting = false;
    this.#tell();
    this.#wait();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
