/**
 * How far a store has come in its commit order, as one thread sees it: at any moment of its turn, and else as it was
 * when its last turn ended, so that the figures fit each other and the thread's own writes.
 */
import type { ControlBlock } from './control/control-block.ts';
import { Field } from './control/store-fields.ts';
import type { HybridLog } from './log/hybrid-log.ts';

export class StoreProgress {
  readonly #control: ControlBlock;
  readonly #log: HybridLog;
  /** Place of the last applied write in the commit order; 0 before the first. */
  lastSequence = 0;
  /** Everything up to this place has been handed to the operating system. */
  writtenSequence = 0;
  /** Everything up to this place survives a power cut. */
  durableSequence = 0;
  /** How often writes were taken back for want of room. */
  revocations = 0;
  /** The writes that were taken back last: those behind `revokedAfter`, up to `revokedSequence`. */
  revokedAfter = 0;
  revokedSequence = 0;
  /** The highest version that any write ever had. */
  highestVersion = 0;
  /** Bytes that are appended and not yet written to a file. */
  openGroupBytes = 0;
  /** Whether a commit would make anything durable. */
  isDirty = false;

  constructor(control: ControlBlock, log: HybridLog) {
    this.#control = control;
    this.#log = log;
  }

  /** Takes the figures as they are; it is this thread's turn. */
  note(): void {
    const control = this.#control;
    this.lastSequence = control.get(Field.lastSequence);
    this.writtenSequence = control.get(Field.writtenSequence);
    this.durableSequence = control.get(Field.durableSequence);
    this.revocations = control.get(Field.revocations);
    this.revokedAfter = control.get(Field.revokedAfter);
    this.revokedSequence = control.get(Field.revokedSequence);
    this.highestVersion = control.get(Field.highestVersion);
    this.openGroupBytes = this.#log.openBytes;
    this.isDirty = this.#log.isDirty;
  }
}
