/**
 * When a store takes a checkpoint, and how one is begun. A checkpoint bounds what the next recovery reads, so it is worth
 * its bytes when the log since the last one has become long beside what is live, and at a clean end unless reading
 * that log takes as little time.
 */
import { CodedError } from '@htkv/base';

import { Field } from '../control/store-fields.ts';
import { isNoSpaceFailure } from '../failure.ts';
import type { StoreParts } from '../store-parts.ts';
import { CheckpointRun, type CheckpointOwner } from './checkpoint-run.ts';

/** Recovery reads this much of the log in the time that a checkpoint takes to be written and loaded. */
export const CHECKPOINT_LOG_BYTES_MIN: number = 4 * 1024 * 1024;
/** The log since the last checkpoint, as a share of the live bytes, at which another one is due. */
const LOG_SHARE = 0.25;

/** The store, as far as checkpoints need it. */
export interface CheckpointStore {
  exclusively<Result>(step: () => Result): Result;
  commit(durable: boolean): void;
}

export class CheckpointKeeper {
  readonly #parts: StoreParts;
  readonly #owner: CheckpointOwner;

  /** `settle` settles what a failed manifest means, and gives what to throw. */
  constructor(parts: StoreParts, store: CheckpointStore, settle: (error: unknown) => Error) {
    this.#parts = parts;
    this.#owner = {
      exclusively: (step) => store.exclusively(step),
      commit: () => store.commit(true),
      publish: (clean) => {
        try {
          parts.catalog.publish(clean);
        } catch (error) {
          throw settle(error);
        }
      },
    };
  }

  /**
   * Whether the log since the last checkpoint has passed a quarter of the live bytes, and 4 MiB, and it is for this
   * thread to take the next one. O(segments).
   */
  get isDue(): boolean {
    if (this.#parts.leave !== undefined) return false;
    return this.#owner.exclusively(() => {
      const bytes = this.#bytesSince();
      return bytes >= CHECKPOINT_LOG_BYTES_MIN && bytes >= LOG_SHARE * this.#liveBytes();
    });
  }

  /** Throws `STORAGE_NOT_OPENER`. */
  begin(): CheckpointRun {
    if (this.#parts.leave !== undefined) {
      throw new CodedError(
        'STORAGE_NOT_OPENER',
        'checkpoints are made by the thread that opened the store, and this one has joined it',
      );
    }
    const salt = this.#parts.catalog.newSalt();
    return new CheckpointRun(this.#parts, this.#owner, salt);
  }

  /**
   * Publishes the last manifest of a store whose log is all durable, with a checkpoint unless reading the log since the
   * last one takes as little time, or there is no room for one. Throws what publishing throws.
   */
  publishEnd(): void {
    const { catalog, space } = this.#parts;
    const run = this.#beforeClosing();
    try {
      if (run === undefined) catalog.publish(true);
      else run.publish(true);
    } catch (error) {
      // The ballast is for whatever comes to a good end with it.
      if (!isNoSpaceFailure(error) || !space.release()) throw error;
      catalog.publish(true);
    }
  }

  /** A checkpoint that is durable and only has to be named by the last manifest. */
  #beforeClosing(): CheckpointRun | undefined {
    if (this.#bytesSince() < CHECKPOINT_LOG_BYTES_MIN) return undefined;
    const run = this.begin();
    try {
      while (!run.isDurable) run.step();
      return run;
    } catch (error) {
      // The log is complete without it.
      if (error instanceof CodedError && (isNoSpaceFailure(error) || error.code === 'STORAGE_IO'))
        return undefined;
      throw error;
    }
  }

  /** Bytes of the log behind the place that the last checkpoint shows. */
  #bytesSince(): number {
    const block = this.#parts.control.block;
    const endSegment = block.get(Field.checkpointEndSegment);
    const endBytes = block.get(Field.checkpointEndBytes);
    let bytes = 0;
    for (const segment of this.#parts.segments.inOrder) {
      if (segment.segmentId > endSegment) bytes += segment.bytes;
      else if (segment.segmentId === endSegment) bytes += segment.bytes - endBytes;
    }
    return bytes;
  }

  /** As many bytes as the live keys have, if their records are as long as the others. */
  #liveBytes(): number {
    const block = this.#parts.control.block;
    let bytes = 0;
    let records = 0;
    for (const segment of this.#parts.segments.inOrder) {
      bytes += segment.bytes;
      records += segment.recordCount;
    }
    const liveKeys = block.get(Field.keys) - block.get(Field.deletedKeys);
    return records === 0 ? 0 : (bytes / records) * liveKeys;
  }
}
