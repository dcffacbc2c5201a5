/**
 * The group that is closed and not known to be written, as the store's control block describes it, together with the
 * segment that it goes to: whoever has the turn can write it, or take over what somebody else has written.
 */
import type { ControlBlock } from '../control/control-block.ts';
import { Field } from '../control/store-fields.ts';
import { COMMIT_TRAILER_BYTES } from '../format/commit-trailer.ts';
import type { Segment } from '../segment/segment.ts';
import type { ClosedGroup } from './group-writer.ts';

/** Stages that the open group is closed, by a trailer at `trailerOffset` of `segment`, and the next one is empty. */
export function stageClosing(control: ControlBlock, segment: Segment, trailerOffset: number): void {
  control.stage(Field.tail, trailerOffset + COMMIT_TRAILER_BYTES);
  control.stage(Field.closedTrailer, trailerOffset);
  control.stage(Field.closedRecords, control.get(Field.groupRecords));
  control.stage(Field.closedDeletes, control.get(Field.groupDeletes));
  control.stage(Field.closedFirstSequence, control.get(Field.groupFirstSequence));
  control.stage(Field.closedLastSequence, control.get(Field.groupLastSequence));
  control.stage(Field.closedHighestVersion, control.get(Field.highestVersion));
  control.stage(Field.closedDurableBytes, segment.durableBytes);
  control.stage(Field.closedValues, control.get(Field.openValues));
  control.stage(Field.openValues, control.get(Field.nextValueId));
  stageEmptyGroup(control);
}

/** Stages that the open group has no records. */
export function stageEmptyGroup(control: ControlBlock): void {
  control.stage(Field.groupRecords, 0);
  control.stage(Field.groupDeletes, 0);
  control.stage(Field.groupFirstSequence, 0);
  control.stage(Field.groupLastSequence, 0);
}

/** The closed group of `segment`, the active one; undefined if there is none. */
export function closedGroupOf(
  control: ControlBlock,
  segment: Segment,
  isRewriting: boolean,
): ClosedGroup | undefined {
  const trailerOffset = control.get(Field.closedTrailer);
  if (trailerOffset === 0) return undefined;
  return {
    slot: segment.slot,
    seed: segment.seed,
    start: segment.bytes,
    trailerOffset,
    previousChain: segment.chain,
    rewritten: isRewriting,
    recordCount: control.get(Field.closedRecords),
    deleteCount: control.get(Field.closedDeletes),
    firstSequence: control.get(Field.closedFirstSequence),
    lastSequence: control.get(Field.closedLastSequence),
    highestVersion: control.get(Field.closedHighestVersion),
    durableSegmentId: segment.segmentId,
    durableBytes: control.get(Field.closedDurableBytes),
    firstValueId: control.get(Field.closedValues),
    endValueId: control.get(Field.openValues),
  };
}
