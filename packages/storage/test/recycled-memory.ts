/**
 * Memory for many stores, one after the other. Asking the system for some megabytes of zeroed memory costs more than
 * everything else that opening a tiny store does; zeroing what was used before costs little.
 */
export class RecycledMemory {
  readonly #free = new Map<number, ArrayBuffer[]>();

  /** Calls `use` with a source of zeroed memory. What it gave out is taken back at the end, and becomes zero. */
  lend<Result>(use: (allocate: (bytes: number) => ArrayBuffer) => Result): Result {
    const lent: ArrayBuffer[] = [];
    const allocate = (bytes: number): ArrayBuffer => {
      const buffer = this.#free.get(bytes)?.pop() ?? new ArrayBuffer(bytes);
      lent.push(buffer);
      return buffer;
    };
    try {
      return use(allocate);
    } finally {
      for (const buffer of lent) this.#takeBack(buffer);
    }
  }

  #takeBack(buffer: ArrayBuffer): void {
    new Uint8Array(buffer).fill(0);
    const free = this.#free.get(buffer.byteLength);
    if (free === undefined) this.#free.set(buffer.byteLength, [buffer]);
    else free.push(buffer);
  }
}
