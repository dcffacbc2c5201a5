/** The snapshots that one thread has open. Kept in the order in which they were taken, so the first is the oldest. */
import type { ControlBlock } from '../control/control-block.ts';
import { Field } from '../control/store-fields.ts';
import type { StoreParts } from '../store-parts.ts';
import type { RecordView } from '../record-view.ts';
import { StoreSnapshot } from './store-snapshot.ts';

export class OpenSnapshots {
  readonly #parts: Pick<StoreParts, 'pins' | 'publication' | 'slot'>;
  readonly #control: ControlBlock;
  readonly #view: RecordView;
  readonly #open = new Set<StoreSnapshot>();

  constructor(parts: StoreParts, view: RecordView) {
    this.#parts = parts;
    this.#control = parts.control.block;
    this.#view = view;
  }

  /** Takes a snapshot, in a turn of this thread, at time `now`. O(1). */
  take(now: number): StoreSnapshot {
    const control = this.#control;
    const hasDeadlines = control.get(Field.keysWithDeadline) > 0;
    const snapshot: StoreSnapshot = new StoreSnapshot(this.#view, this.#parts.publication, control, {
      sequence: control.get(Field.lastSequence),
      highestVersion: control.get(Field.highestVersion),
      liveKeys: hasDeadlines ? undefined : control.get(Field.keys) - control.get(Field.deletedKeys),
      takenAt: now,
      release: () => this.#release(snapshot),
    });
    this.#open.add(snapshot);
    this.#pin();
    return snapshot;
  }

  /** Ends all of them: the thread leaves. */
  end(): void {
    this.#open.clear();
    this.#pin();
  }

  #release(snapshot: StoreSnapshot): void {
    // After the end the slot may belong to another thread.
    if (this.#open.delete(snapshot)) this.#pin();
  }

  #pin(): void {
    const { pins, slot } = this.#parts;
    for (const oldest of this.#open) return pins.set(slot, this.#open.size, oldest);
    pins.clear(slot);
  }
}
