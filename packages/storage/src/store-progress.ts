/**
 * How far a store has come in its commit order, as one thread sees it: as it is at any moment where no other thread
 * can change it, and else as it was when this thread's last turn ended, so that the figures fit each other and the
 * thread's own writes.
 */
import type { ControlBlock } from './control/control-block.ts';
import { Field, STORE_FIELDS } from './control/store-fields.ts';
import type { HybridLog } from './log/hybrid-log.ts';

/** What the figures are made of. */
const KEPT = [
  Field.lastSequence,
  Field.writtenSequence,
  Field.durableSequence,
  Field.revocations,
  Field.revokedAfter,
  Field.revokedSequence,
  Field.highestVersion,
] as const;

export class StoreProgress {
  readonly #control: ControlBlock;
  readonly #log: HybridLog;
  readonly #isOpenToOthers: () => boolean;
  /** Fields of the control block as they were when the last turn ended, for a store that threads share. */
  readonly #kept = new Float64Array(STORE_FIELDS);
  #keptOpenBytes = 0;
  #wasDirty = false;

  constructor(control: ControlBlock, log: HybridLog, isOpenToOthers: () => boolean) {
    this.#control = control;
    this.#log = log;
    this.#isOpenToOthers = isOpenToOthers;
  }

  /** Place of the last applied write in the commit order; 0 before the first. */
  get lastSequence(): number {
    return this.#get(Field.lastSequence);
  }

  /** Everything up to this place has been handed to the operating system. */
  get writtenSequence(): number {
    return this.#get(Field.writtenSequence);
  }

  /** Everything up to this place survives a power cut. */
  get durableSequence(): number {
    return this.#get(Field.durableSequence);
  }

  /** How often writes were taken back for want of room. */
  get revocations(): number {
    return this.#get(Field.revocations);
  }

  /** The writes that were taken back last: those behind `revokedAfter`, up to `revokedSequence`. */
  get revokedAfter(): number {
    return this.#get(Field.revokedAfter);
  }

  get revokedSequence(): number {
    return this.#get(Field.revokedSequence);
  }

  /** The highest version that any write ever had. */
  get highestVersion(): number {
    return this.#get(Field.highestVersion);
  }

  /** Bytes that are appended and not yet written to a file. */
  get openGroupBytes(): number {
    return this.#isOpenToOthers() ? this.#keptOpenBytes : this.#log.openBytes;
  }

  /** Whether a commit would make anything durable. */
  get isDirty(): boolean {
    return this.#isOpenToOthers() ? this.#wasDirty : this.#log.isDirty;
  }

  /** Keeps the figures of a turn that is about to end. */
  keep(): void {
    for (let index = 0; index < KEPT.length; index += 1) {
      const field = KEPT[index]!;
      this.#kept[field] = this.#control.get(field);
    }
    this.#keptOpenBytes = this.#log.openBytes;
    this.#wasDirty = this.#log.isDirty;
  }

  #get(field: number): number {
    return this.#isOpenToOthers() ? this.#kept[field]! : this.#control.get(field);
  }
}
