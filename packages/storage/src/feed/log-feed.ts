/** The log as a feed of changes: readers of it, and a signal for those who have come to its end. */
import { assert } from '@htkv/base';

import { Field } from '../control/store-fields.ts';
import type { StoreParts } from '../store-parts.ts';
import { ChangeReader, type ChangeQuery, type ReaderParts } from './change-reader.ts';
import type { LogSignal } from './log-signal.ts';

/** How far back and how far on the log goes. */
export interface FeedBounds {
  /** Every write behind this place of the commit order is in the log. */
  readonly oldest: number;
  /** The last one that is durable. */
  readonly durable: number;
  /** The last one that was applied. */
  readonly last: number;
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
      durable: block.get(Field.durableSequence),
      last: block.get(Field.lastSequence),
    }));
  }

  /** A reader of what comes behind `query.since`, a place that was reached, or behind this moment. Throws `STORAGE_BUSY`. */
  open(query: ChangeQuery): ChangeReader {
    return this.#inTurn(() => {
      const lastSequence = this.#parts.control.block.get(Field.lastSequence);
      assert((query.since ?? 0) <= lastSequence, 'a reader begins at a place that was reached');
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
