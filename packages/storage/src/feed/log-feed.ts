/** The log as a feed of changes: readers of it, and a signal for those who have come to its end. */
import { ArgumentRangeError } from '@htkv/base';

import { Field } from '../control/store-fields.ts';
import type { StoreParts } from '../store-parts.ts';
import { ChangeReader, type ChangeQuery, type ReaderParts } from './change-reader.ts';
import type { LogSignal } from './log-signal.ts';

/** How far back and how far on the log goes. */
export interface FeedBounds {
  /** Every write behind this place of the commit order is in the log. */
  readonly oldest: number;
  /** The last one that is durable. */
  readonly newest: number;
}

export class LogFeed {
  readonly #parts: StoreParts;
  readonly #inTurn: <Result>(step: () => Result) => Result;
  #readerParts: ReaderParts | undefined;

  constructor(parts: StoreParts, inTurn: <Result>(step: () => Result) => Result) {
    this.#parts = parts;
    this.#inTurn = inTurn;
  }

  get signal(): LogSignal {
    return this.#parts.signal;
  }

  /** Throws `STORAGE_BUSY`. */
  bounds(): FeedBounds {
    const { block } = this.#parts.control;
    return this.#inTurn(() => ({
      oldest: block.get(Field.compactedSequence),
      newest: block.get(Field.durableSequence),
    }));
  }

  /** A reader that begins at the place where this call is made. Throws a `RangeError` for a place that is not reached, `STORAGE_BUSY`. */
  open(query: ChangeQuery): ChangeReader {
    return this.#inTurn(() => {
      const lastSequence = this.#parts.control.block.get(Field.lastSequence);
      if (query.since !== undefined && query.since > lastSequence) {
        throw new ArgumentRangeError(
          `expected a place in the commit order up to ${lastSequence}, got ${query.since}`,
        );
      }
      return new ChangeReader(this.#shared(), query);
    });
  }

  /** One buffer for all readers of the thread: none of them needs it beyond a call. */
  #shared(): ReaderParts {
    const { ring, segments, control, values, index } = this.#parts;
    if (this.#readerParts === undefined) {
      const image = new Uint8Array(ring.pageBytes);
      const view = new DataView(image.buffer);
      this.#readerParts = { ring, segments, control, values, index, image, view, inTurn: this.#inTurn };
    }
    return this.#readerParts;
  }
}
