/**
 * Memory for many stores, one after the other. Asking the system for some megabytes of zeroed memory costs more than
 * everything else that opening a tiny store does; zeroing what was used before costs little.
 */
export class RecycledMemory {
  readonly #free = new Map<number, ArrayBuffer[]>();
  #used: ArrayBuffer[] = [];

  /** Zeroed memory of exactly `bytes`. */
  readonly allocate = (bytes: number): ArrayBuffer => {
    const buffer = this.#free.get(bytes)?.pop() ?? new ArrayBuffer(bytes);
    this.#used.push(buffer);
    return buffer;
  };

  /** Takes back everything that was given out. Whoever still uses it sees it become zero. */
  recycle(): void {
    for (const buffer of this.#used) {
      new Uint8Array(buffer).fill(0);
      const free = this.#free.get(buffer.byteLength);
      if (free === undefined) this.#free.set(buffer.byteLength, [buffer]);
      else free.push(buffer);
    }
    this.#used = [];
  }
}
