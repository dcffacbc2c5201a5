/**
 * How the records of a batch become visible at once, although the index learns of them one by one.
 *
 * The count is odd while records from a place in the commit order on are pending: readers pass them over, to the
 * version before, which every record names. A reader notes the count, reads, and is done if the count is the same;
 * else what it read may be of both worlds, and it reads again. The same hides writes that are being taken back.
 */
import { assert } from '@htkv/base';

import { orderLoads } from '../control/load-order.ts';
import { Word, type ControlMemory } from '../control/shared-memory.ts';

export class Publication {
  readonly #words: Int32Array;
  readonly #first: Float64Array;

  constructor(control: Pick<ControlMemory, 'words' | 'publicationFirst'>) {
    this.#words = control.words;
    this.#first = control.publicationFirst;
  }

  /** What to compare with later; odd while records are pending. */
  get mark(): number {
    return Atomics.load(this.#words, Word.publication);
  }

  /** Whether records are pending. */
  get isPending(): boolean {
    return (this.mark & 1) === 1;
  }

  /** Whether nothing became visible or was taken back since {@link mark} was `mark`. */
  isAt(mark: number): boolean {
    orderLoads();
    return Atomics.load(this.#words, Word.publication) === mark;
  }

  /** Whether the record of `sequence` is pending, if the mark is odd and stays as it is. */
  hides(sequence: number): boolean {
    return sequence >= this.#first[0]!;
  }

  /** From now on everything from `firstSequence` on is pending. */
  begin(firstSequence: number): void {
    assert(!this.isPending, 'one publication at a time');
    this.#first[0] = firstSequence;
    Atomics.add(this.#words, Word.publication, 1);
  }

  /** Nothing is pending any more. Does nothing if nothing was. */
  end(): void {
    if (this.isPending) Atomics.add(this.#words, Word.publication, 1);
  }
}
