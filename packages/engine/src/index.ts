export type { BatchInput, CommandInput, SingleInput } from './command-input.ts';
export type { EngineStats, RecoveryReport, SegmentStats } from './engine-stats.ts';
export type { Environment } from './environment.ts';
export { nodeEnvironment } from './environment.ts';
export type { BytesLike } from './key-bytes.ts';
export type { KvEngine, KvReader } from './kv-engine.ts';
export {
  checkFiles,
  lockHolderOf,
  readSegmentFile,
  removeLockFile,
  salvageWrites,
  spaceOfSegments,
  surveyFiles,
} from './offline-inspection.ts';
export type { RangeOptions } from './range.ts';
export type { RangeReader } from './range-reader.ts';
export { SingleNodeEngine } from './single-node-engine.ts';
export { DEFAULT_CONFIG } from './store-config.ts';
export type { CheckedConfig, StoreConfig } from './store-config.ts';
export type { BatchOptions, DeleteOptions, DurabilityOption, PutOptions } from './write-options.ts';

// What users of the engine meet of the layers below.
export type { CommandSubmitter, Durability, SnapshotProvider } from '@htkv/replication';
export type {
  ApplyOutcome,
  Atomicity,
  BatchCommand,
  Command,
  DeleteCommand,
  Entry,
  SetCommand,
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
  SegmentReading,
  SegmentSpace,
  StoreSurvey,
} from '@htkv/storage';
export { recordAt, recordsOf, STATE_NAMES } from '@htkv/storage';
