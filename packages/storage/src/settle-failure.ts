/**
 * What a failed write means to the store. No room: the open group is taken back, its segment is left, and writes are
 * refused until there is room. Anything else: nothing is known about the last group, and writing ends for good.
 */
import { InvariantError } from '@htkv/base';

import { Field } from './control/store-fields.ts';
import { isNoSpaceFailure, wrapFailure } from './failure.ts';
import type { HybridLog } from './log/hybrid-log.ts';
import type { StoreParts } from './store-parts.ts';

export class FailureSettler {
  readonly #parts: StoreParts;
  readonly #log: HybridLog;
  /** Waits until nobody else is writing the closed group. Throws what its writing threw. */
  readonly #finishWriting: () => void;

  constructor(parts: StoreParts, log: HybridLog, finishWriting: () => void) {
    this.#parts = parts;
    this.#log = log;
    this.#finishWriting = finishWriting;
  }

  /** Settles the store's state after a step that writes has failed, and returns what to throw. */
  settle(error: unknown): Error {
    const failure = wrapFailure(this.#parts.segments.last?.path ?? '', 'write', error);
    if (failure.code === 'STORAGE_FULL' || failure.code === 'STORAGE_BATCH_TOO_LARGE') return failure;
    this.#parts.control.block.drop();
    if (isNoSpaceFailure(failure)) {
      this.#parts.space.note();
      this.#takeBack();
    } else {
      this.#parts.poison.set(failure);
    }
    return error instanceof InvariantError ? error : failure;
  }

  /** Goes on taking back what a thread that died had begun to take back. */
  resume(): void {
    this.#takeBack();
    this.#parts.index.recount();
  }

  #takeBack(): void {
    try {
      // A group that is being written is not taken back: it lands, and only what is younger is undone.
      this.#finishWriting();
    } catch {
      // Its failure has settled everything already.
      return;
    }
    const { publication, segments, poison } = this.#parts;
    try {
      this.#undoOpenGroup();
      publication.end();
      this.#discardValues();
      this.#log.abandonGroup();
    } catch (error) {
      publication.end();
      poison.set(wrapFailure(segments.last?.path ?? '', 'sync', error));
    }
  }

  /** Points the index at the versions before the records of the open group; readers see all of it or nothing. */
  #undoOpenGroup(): void {
    const { reader, index, publication } = this.#parts;
    const control = this.#parts.control.block;
    const writtenSequence = control.get(Field.writtenSequence);
    const addresses = this.#log.unwritten().reverse();
    if (addresses.length > 0) {
      control.stage(Field.revokedSequence, control.get(Field.lastSequence));
      control.stage(Field.revokedAfter, writtenSequence);
      control.stage(Field.revocations, control.get(Field.revocations) + 1);
      control.stage(Field.takingBack, 1);
      control.publish();
    }
    if (!publication.isPending) publication.begin(writtenSequence + 1);
    for (const address of addresses) {
      reader.open(address);
      index.retreat(address, reader.head());
    }
  }

  #discardValues(): void {
    const control = this.#parts.control.block;
    const first = control.get(Field.closedTrailer) === 0 ? Field.openValues : Field.closedValues;
    this.#parts.values.discard(control.get(first), control.get(Field.nextValueId));
  }
}
