/**
 * What the control block says once another record lies behind the tail: staged with the append, true when it is
 * published.
 */
import type { ControlBlock } from '../control/control-block.ts';
import { Field } from '../control/store-fields.ts';

/** A record that was laid into the log and is not part of it yet. Offsets are bytes from the start of the segment. */
export interface LaidRecord {
  readonly offset: number;
  readonly bytes: number;
  readonly isDelete: boolean;
  /** Its place in the commit order; for a copy of an older record the last place that was given. */
  readonly place: number;
}

/** Stages that the record is part of the open group. */
export function stageLaidRecord(control: ControlBlock, { offset, bytes, isDelete, place }: LaidRecord): void {
  const records = control.get(Field.groupRecords);
  control.stage(Field.tail, offset + bytes);
  control.stage(Field.lastRecord, offset);
  control.stage(Field.groupRecords, records + 1);
  control.stage(Field.groupLastSequence, place);
  if (records === 0) control.stage(Field.groupFirstSequence, place);
  if (isDelete) control.stage(Field.groupDeletes, control.get(Field.groupDeletes) + 1);
}
