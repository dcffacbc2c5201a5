/**
 * What is known of the writes of a soak, kept by the process that survives. The one that writes tells it through a pipe,
 * in entries of eight bytes: `attempted` before a write begins, `acknowledged` when it is on disk. What is in the pipe when
 * the writer is killed is read all the same.
 *
 * Keys and values are those of the stress test: each key has a counter that grows with its writes, the value follows
 * from both, and some counters stand for a delete.
 */
import { writeSync } from 'node:fs';

export const KEYS = 20_000;

const ENTRY_WORDS = 2;
/** Marks the key of an entry that says that its write is on disk. */
const ACKNOWLEDGED = 0x8000_0000;

export interface Told {
  readonly index: number;
  readonly counter: number;
}

/** The side that survives. */
export class SoakLedger {
  /** By key. */
  readonly attempted: Uint32Array = new Uint32Array(KEYS);
  readonly acknowledged: Uint32Array = new Uint32Array(KEYS);
  #rest: Uint8Array = new Uint8Array();

  /** Takes in what came through the pipe. */
  take(chunk: Uint8Array): void {
    const bytes = new Uint8Array(this.#rest.length + chunk.length);
    bytes.set(this.#rest);
    bytes.set(chunk, this.#rest.length);
    const words = new Uint32Array(bytes.buffer, 0, Math.floor(bytes.length / 8) * ENTRY_WORDS);
    for (let word = 0; word < words.length; word += ENTRY_WORDS) {
      const key = words[word]!;
      const known = key >= ACKNOWLEDGED ? this.acknowledged : this.attempted;
      const index = key % ACKNOWLEDGED;
      known[index] = Math.max(known[index]!, words[word + 1]!);
    }
    this.#rest = bytes.slice(words.byteLength);
  }

  /** A writer has ended: what it had told only a part of, it had not told. */
  endOfWriter(): void {
    this.#rest = new Uint8Array();
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4));

/** Tells what is attempted, or on disk, before it returns; the descriptor is the pipe's. */
export function tell(descriptor: number, entries: readonly Told[], isAcknowledged: boolean): void {
  const words = new Uint32Array(entries.length * ENTRY_WORDS);
  for (const [place, { index, counter }] of entries.entries()) {
    words[place * ENTRY_WORDS] = isAcknowledged ? index + ACKNOWLEDGED : index;
    words[place * ENTRY_WORDS + 1] = counter;
  }
  const bytes = new Uint8Array(words.buffer);
  for (let done = 0; done < bytes.length;) {
    try {
      done += writeSync(descriptor, bytes, done);
    } catch (error) {
      if ((error as { readonly code?: string }).code !== 'EAGAIN') throw error;
      Atomics.wait(pause, 0, 0, 1);
    }
  }
}
