export type { BatchInput, CommandInput, SingleInput } from './command-input.ts';
export type { Checkpoint } from './checkpointer.ts';
export type { EngineStats, RecoveryReport, ScrubStats, SegmentStats, SweepStats } from './engine-stats.ts';
export type { Environment } from './environment.ts';
export { nodeEnvironment } from './environment.ts';
export type { DeadlineOptions, ValueChange } from './atomic/atomic-options.ts';
export type { BytesLike } from './key-bytes.ts';
export type { KvEngine } from './kv-engine.ts';
export type { KvReader, KvSnapshot } from './kv-reader.ts';
export {
  checkFiles,
  formatOfFiles,
  lockHolderOf,
  readCheckpointFile,
  readSegmentFile,
  removeLockFile,
  salvageWrites,
  spaceOfSegments,
  surveyFiles,
} from './offline-inspection.ts';
export type { RangeOptions } from './range.ts';
export type { RangeReader } from './range-reader.ts';
export type { VerifyOptions } from './verify.ts';
export type { VerifyFinding, VerifyProgress, VerifyReport } from '@htkv/storage';
export { SingleNodeEngine } from './single-node-engine.ts';
export { SubmittedWrites } from './submitted-writes.ts';
export { DEFAULT_CONFIG } from './store-config.ts';
export type { CheckedConfig, StoreConfig } from './store-config.ts';
export type {
  KvTransaction,
  TransactionEntry,
  TransactionOptions,
  TransactionPutOptions,
} from './transaction/kv-transaction.ts';
export type { TransactionRange } from './transaction/transaction-range.ts';
export type {
  Change,
  ChangeFilter,
  ChangeStream,
  CommitLog,
  CommitLogOptions,
  CommittedChange,
  DeleteChange,
  SetChange,
  Watch,
  WatchOptions,
} from './watch/change.ts';
export type { BatchOptions, DeleteOptions, DurabilityOption, PutOptions } from './write-options.ts';

// What users of the engine meet of the layers below.
export type { CommandSubmitter, Durability, SnapshotProvider, SnapshotStream } from '@htkv/replication';
export type {
  ApplyOutcome,
  Atomicity,
  BatchCommand,
  Command,
  DeleteCommand,
  Entry,
  SetCommand,
  SnapshotChunks,
  SnapshotPosition,
  SnapshotSummary,
  StateView,
} from '@htkv/state';
export { CodedError, errorCode, KEY_BYTES_MAX, VALUE_BYTES_MAX } from '@htkv/state';
export type { EngineHandle } from './engine-handle.ts';

// What the inspection of files tells.
export type {
  CheckFinding,
  CheckStep,
  CheckTotals,
  LockSurvey,
  PlacedRecord,
  SalvagedWrite,
  SalvageStep,
  CheckpointReading,
  FormatSurvey,
  SegmentReading,
  SegmentSpace,
  StoreSurvey,
} from '@htkv/storage';
export { recordAt, recordsOf, STATE_NAMES } from '@htkv/storage';
