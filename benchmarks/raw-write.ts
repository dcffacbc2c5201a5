/** The disk itself: 4 KiB at the end of a file that grows, and `fdatasync`, one after another. */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';

export class RawWrite {
  readonly #file: number;
  readonly #block = new Uint8Array(4096);
  #offset = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  write(): void {
    writeSync(this.#file, this.#block, 0, this.#block.length, this.#offset);
    fdatasyncSync(this.#file);
    this.#offset += this.#block.length;
  }

  close(): void {
    closeSync(this.#file);
  }
}
