/**
 * Writes that are worth making and that nothing depends on: when somebody last logged in, when a key was last used.
 * A full disk must not turn a right password into a failure, so their failures go to whoever asked to hear of them.
 */
export class Notes {
  readonly #onFailure: (error: unknown) => void;
  readonly #pending = new Set<Promise<void>>();

  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** Resolves when the write is done or has failed, and with which of the two. */
  async make(write: () => Promise<unknown>): Promise<boolean> {
    try {
      await write();
      return true;
    } catch (error) {
      this.#onFailure(error);
      return false;
    }
  }

  /** The same, for a caller that does not wait; {@link settled} does. */
  begin(work: () => Promise<void>): void {
    const pending = work().catch(this.#onFailure);
    this.#pending.add(pending);
    void pending.then(() => this.#pending.delete(pending));
  }

  /** Resolves when nothing that was begun is under way any more. */
  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }
}
