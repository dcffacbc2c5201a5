/**
 * What the threads of a store share besides pages and index: the numbers of its control block. Each line says what
 * holds whenever a transition is published.
 */

/** Fields of the store's control block. Offsets are bytes from the start of the active segment. */
export const Field = {
  /** Place of the last applied write in the commit order. */
  lastSequence: 0,
  /** The highest version that any write ever had. */
  highestVersion: 1,
  /** End of the open group. At least `bytes` of the active segment; behind it the segment's pages are zero. */
  tail: 2,
  /** The record appended last: the only one of the segment that the index may not know yet. 0 for none. */
  lastRecord: 3,
  /** Of the open group, which begins behind the closed one if there is one. */
  groupRecords: 4,
  groupDeletes: 5,
  /** 0 while the open group is empty. */
  groupFirstSequence: 6,
  groupLastSequence: 7,
  /** Keys in the index; those whose newest record is a delete; those whose newest record has a deadline. */
  keys: 8,
  deletedKeys: 9,
  keysWithDeadline: 10,
  /** Changes of the newest records that have a deadline, ever. */
  deadlineChanges: 11,
  /** Keys that were ever added to the index. */
  keysAdded: 12,
  /** One more than the slot of the segment that is appended to; 0 for none. */
  active: 13,
  /** Trailer of the group that is closed and not known to be written; 0 for none. It begins at `bytes`. */
  closedTrailer: 14,
  closedRecords: 15,
  closedDeletes: 16,
  closedFirstSequence: 17,
  closedLastSequence: 18,
  /** Highest version when the group was closed, and what was durable of the segment then. */
  closedHighestVersion: 19,
  closedDurableBytes: 20,
  /** First value file of the closed group, and of the open group. */
  closedValues: 21,
  openValues: 22,
  nextValueId: 23,
  /** 1 while a batch is being appended; where the tail was and the commit order at, before it. */
  batch: 24,
  batchTail: 25,
  batchLastSequence: 26,
  /** Everything up to these places of the commit order has been given to the system; is on disk; was taken back. */
  writtenSequence: 27,
  durableSequence: 28,
  revokedSequence: 29,
  /** Times that writes were taken back, and what was written when it happened last. */
  revocations: 30,
  revokedAfter: 31,
  /** 1 while the open group is being taken back. */
  takingBack: 32,
  /** Groups written since the store was opened. */
  commits: 33,
  /** Ids of segments and generations of manifests are never used twice. */
  nextSegmentId: 34,
  nextGeneration: 35,
  /** The manifest that counts; older ones are removed. */
  publishedGeneration: 36,
  /** Changes whenever a segment is added or removed. */
  segmentsVersion: 37,
  /** 1 if the newest manifest says that the log ends where it ends. Nothing is appended before that is taken off. */
  isClean: 38,
  /** 1 once the thread that opened the store has closed it. */
  isClosed: 39,
  /** Commit jobs that were begun, and whose results were taken over. */
  jobsBegun: 40,
  jobsLanded: 41,
  /** 1 while keys leave the index whose deletion nobody has to know of any more: the counts may be behind. */
  droppingKeys: 42,
  /** Segments that compaction has taken out of the log, and keys that it has taken out of the index, ever. */
  segmentsRemoved: 43,
  keysDropped: 44,
  /** Segments that compaction has emptied, ever. */
  segmentsEmptied: 52,
  /** Bytes of records that compaction has copied since the store was opened. */
  bytesRelocated: 45,
  /** Bytes of the segments that were removed, and of the log when the store was opened. */
  bytesRemoved: 46,
  bytesOpened: 47,
  /** Whether the store is being filled; see {@link FillingState}. */
  filling: 48,
  /** The checkpoint that the next manifest names; 0 for none. */
  checkpointId: 49,
  /** The place of the log that it shows. */
  checkpointEndSegment: 50,
  checkpointEndBytes: 51,
  /** Since when writes are refused for want of room, in milliseconds since the epoch; 0 where they are taken. */
  noSpaceSince: 58,
  /** Bytes of the ballast, and what deletions have given up of it since then. */
  ballastBytes: 59,
  deletedWithoutSpace: 60,
  /** Up to this place of the commit order the log may lack writes that were made: compaction has removed them. */
  compactedSequence: 53,
} as const;

/**
 * `underWay`: the manifest says that the store holds only a part. `ending`: all of it is there and durable, and the
 * manifest that says so is being written.
 */
export const FillingState = { none: 0, underWay: 1, ending: 2 } as const;

/** Fields in the block. */
export const STORE_FIELDS = 64;
