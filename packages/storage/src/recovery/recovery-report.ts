/** What an open found and did; part of the store's statistics, for people and for tests. */
export interface RecoveryReport {
  /** The store had been closed in good order. */
  readonly clean: boolean;
  readonly segments: number;
  /** Bytes of the log that were read. */
  readonly bytes: number;
  readonly groups: number;
  /** Sets and deletes, live or not. */
  readonly records: number;
  /** Bytes of a write that a crash cut short, dropped. */
  readonly tornBytes: number;
  /** Groups that checked out but were not proven durable, written again. */
  readonly rewrittenGroups: number;
  /** Files that an interrupted operation left behind, removed. */
  readonly orphans: number;
}
