/** What a pass of compaction has done; plain data. Sizes are bytes. */
import type { CodedError } from '@htkv/base';

export interface CompactionReport {
  /** Segments whose files are gone. */
  readonly segmentsRemoved: number;
  /** Segments that hold nothing of the present state and stay for those who read an older one. */
  readonly segmentsRetained: number;
  /** What the removed segments took, less what was copied out of them; 0 where that is negative. */
  readonly bytesReclaimed: number;
  readonly recordsRelocated: number;
  readonly bytesRelocated: number;
  /** Keys that were deleted or have expired, and that nobody has to remember any more. */
  readonly keysDropped: number;
  /** Why segments were left as they are: records that the present state needs cannot be read. */
  readonly damages: readonly CodedError[];
}
