/**
 * Filling an empty store with the state of another one, so that a part of it is never taken for the whole: durably
 * before the first write the manifest says that the store is incomplete, and it says so until everything is durable.
 * Meanwhile nobody else writes, and a store that was left like this does not open.
 *
 * A store that was filled goes on where the other one stood: in its commit order, its versions and its time.
 */
import { assert } from '@htkv/base';

import { Field, FillingState } from './control/store-fields.ts';
import { storeEnded } from './failure.ts';
import { storeIncomplete, storeNotEmpty } from './store-options.ts';
import type { StoreParts } from './store-parts.ts';
import type { RecordWrite } from './stored-record.ts';

/** Where the other store stood. */
export interface FilledPosition {
  readonly lastSequence: number;
  readonly highestVersion: number;
  /** The latest time that it had acted on, in milliseconds since the epoch. */
  readonly time: number;
}

/** The store that is filled. */
export interface FillingOwner {
  readonly hasEnded: boolean;
  exclusively(step: () => void): void;
  requireWritable(): void;
  commit(durable: boolean): void;
}

type FillingParts = Pick<StoreParts, 'control' | 'clock' | 'identity' | 'index'>;

export class StoreFilling {
  readonly #parts: FillingParts;
  readonly #owner: FillingOwner;
  readonly #publish: () => void;
  readonly #apply: (writes: readonly RecordWrite[]) => void;

  /** `publish` writes a manifest of the store, ready to write behind it; `apply` appends, whoever fills the store. */
  constructor(
    parts: FillingParts,
    owner: FillingOwner,
    publish: () => void,
    apply: (writes: readonly RecordWrite[]) => void,
  ) {
    this.#parts = parts;
    this.#owner = owner;
    this.#publish = publish;
    this.#apply = apply;
  }

  /** Throws `STORAGE_INCOMPLETE` while the store is being filled, and after that has failed. */
  requireNone(): void {
    if (this.#parts.control.block.get(Field.filling) === FillingState.none) return;
    throw storeIncomplete(this.#parts.identity.directory);
  }

  /**
   * Begins to fill the store. Throws `STORAGE_NOT_EMPTY`, `STORAGE_INCOMPLETE` if somebody else does already, and what
   * writing throws; then nothing has changed.
   */
  begin(): void {
    this.#step(() => {
      const { control, identity, index } = this.#parts;
      this.#owner.requireWritable();
      this.requireNone();
      const lastSequence = control.block.get(Field.lastSequence);
      if (lastSequence > 0 || index.keys > 0) throw storeNotEmpty(identity.directory, lastSequence);
      control.block.set(Field.filling, FillingState.underWay);
      try {
        this.#publish();
      } catch (error) {
        control.block.set(Field.filling, FillingState.none);
        throw error;
      }
    });
  }

  /** Adds records of keys that are not there yet. Throws what `apply` of the store throws. */
  apply(writes: readonly RecordWrite[]): void {
    this.#step(() => {
      this.#owner.requireWritable();
      this.#apply(writes);
    });
  }

  /** Hands what was applied to the system, so that it takes no memory. Throws what `commit` of the store throws. */
  write(): void {
    this.#step(() => this.#owner.commit(false));
  }

  /** Everything was applied: makes it durable, and the store one like any other. Throws what writing throws. */
  finish(position: FilledPosition): void {
    this.#step(() => {
      const { clock } = this.#parts;
      const control = this.#parts.control.block;
      assert(control.get(Field.filling) === FillingState.underWay, 'a filling that ends has begun');
      this.#owner.commit(true);
      clock.note(position.time);
      const lastSequence = Math.max(position.lastSequence, control.get(Field.lastSequence));
      control.stage(Field.lastSequence, lastSequence);
      control.stage(Field.writtenSequence, lastSequence);
      control.stage(Field.durableSequence, lastSequence);
      const highestVersion = Math.max(position.highestVersion, control.get(Field.highestVersion));
      control.stage(Field.highestVersion, highestVersion);
      // The records came in the order of their keys: they say nothing of how the state came about.
      control.stage(Field.compactedSequence, lastSequence);
      control.stage(Field.filling, FillingState.ending);
      control.publish();
      try {
        this.#publish();
      } catch (error) {
        control.set(Field.filling, FillingState.underWay);
        throw error;
      }
      control.set(Field.filling, FillingState.none);
    });
  }

  #step(step: () => void): void {
    if (this.#owner.hasEnded) throw storeEnded();
    this.#owner.exclusively(step);
  }
}
