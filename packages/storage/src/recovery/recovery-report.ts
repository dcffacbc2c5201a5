/** What an open found and did; part of the store's statistics, for people and for tests. */
export interface RecoveryReport {
  /** The store had been closed in good order. */
  readonly clean: boolean;
  readonly segments: number;
  /** Bytes of segments that were read. */
  readonly bytes: number;
  readonly groups: number;
  /** Sets and deletes that were read, live or not; with a checkpoint those behind its beginning. */
  readonly records: number;
  /** How long opening took, up to the moment at which the index was complete. */
  readonly milliseconds: number;
  /** The checkpoint that recovery began with, 0 for none; its keys and the bytes of its file. */
  readonly checkpointId: number;
  readonly checkpointKeys: number;
  readonly checkpointBytes: number;
  /** Why the checkpoint that the manifest names was not used; undefined if it was, or there is none. */
  readonly checkpointRefusal: string | undefined;
  /** Bytes of a write that a crash cut short, dropped. */
  readonly tornBytes: number;
  /** Groups that checked out but were not proven durable, written again. */
  readonly rewrittenGroups: number;
  /** Files that an interrupted operation left behind, removed. */
  readonly orphans: number;
}
