/**
 * The bytes of one simulated file, in pages that copies share until one of them writes.
 *
 * A crash simulation copies every file at every crash point, so copying costs nothing here: `clone` is O(1), a write
 * after it copies the list of pages once and each page that it touches. Bytes past the length are always zero, so
 * that growing a file shows zeros, as a file system does.
 */

/** The unit of sharing, and the unit in which a crash may lose data. */
export const pageBytes = 4096;

interface Page {
  readonly bytes: Uint8Array;
  /** Invariant: only the image whose current owner mark this is may write into `bytes`. */
  readonly owner: object;
}

/** A growable byte array with copies that are free. An absent page is all zeros. */
export class PagedImage {
  #length = 0;
  #pages: (Page | undefined)[] = [];
  #isListShared = false;
  #owner: object = {};

  get length(): number {
    return this.#length;
  }

  /** A copy that is independent from now on. O(1). */
  clone(): PagedImage {
    const copy = new PagedImage();
    copy.#length = this.#length;
    copy.#pages = this.#pages;
    copy.#isListShared = true;
    this.#isListShared = true;
    // No page carries the new mark, so every page is copied before this image writes into it again.
    this.#owner = {};
    return copy;
  }

  /** Fills `target` from `offset` as far as the image goes; returns the number of bytes read. */
  read(target: Uint8Array, offset: number): number {
    const end = Math.min(this.#length, offset + target.length);
    for (let position = offset; position < end;) {
      const within = position % pageBytes;
      const count = Math.min(pageBytes - within, end - position);
      const page = this.#pages[(position - within) / pageBytes];
      if (page === undefined) target.fill(0, position - offset, position - offset + count);
      else if (count === pageBytes) target.set(page.bytes, position - offset);
      else target.set(page.bytes.subarray(within, within + count), position - offset);
      position += count;
    }
    return Math.max(0, end - offset);
  }

  /** Writes the bytes `from` (included) to `to` (excluded) of `source` at `offset`, growing the image if needed. */
  write(source: Uint8Array, offset: number, from = 0, to: number = source.length): void {
    for (let position = from; position < to;) {
      const place = offset + position - from;
      const within = place % pageBytes;
      const count = Math.min(pageBytes - within, to - position);
      const page = this.#writablePage((place - within) / pageBytes, count === pageBytes);
      page.set(source.subarray(position, position + count), within);
      position += count;
    }
    if (to > from) this.#length = Math.max(this.#length, offset + to - from);
  }

  /** Cuts the image, or grows it with zeros, to `length` bytes. */
  truncate(length: number): void {
    if (length < this.#length) {
      const within = length % pageBytes;
      const whole = (length - within) / pageBytes;
      this.#ownList();
      this.#pages.length = Math.min(this.#pages.length, whole + (within > 0 ? 1 : 0));
      if (within > 0 && this.#pages[whole] !== undefined) this.#writablePage(whole, false).fill(0, within);
    }
    this.#length = length;
  }

  /** The pages that hold something, borrowed: for reading only, and until the image changes. */
  *pages(): Generator<Uint8Array> {
    for (const page of this.#pages) if (page !== undefined) yield page.bytes;
  }

  #ownList(): void {
    if (!this.#isListShared) return;
    this.#pages = this.#pages.slice();
    this.#isListShared = false;
  }

  #writablePage(index: number, isOverwritten: boolean): Uint8Array {
    this.#ownList();
    while (this.#pages.length <= index) this.#pages.push(undefined);
    const page = this.#pages[index];
    if (page !== undefined && page.owner === this.#owner) return page.bytes;
    const bytes = page === undefined || isOverwritten ? new Uint8Array(pageBytes) : page.bytes.slice();
    this.#pages[index] = { bytes, owner: this.#owner };
    return bytes;
  }
}
