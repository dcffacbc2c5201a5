export type {
  Atomicity,
  BatchCommand,
  Command,
  DeleteCommand,
  KeyBounds,
  KeyCondition,
  RangeCondition,
  SetCommand,
  SingleCommand,
  StampedBatch,
  StampedCommand,
  StampedDelete,
  StampedSet,
  StampedSingle,
} from './command.ts';
export { isConditional, isStamped, KEY_BYTES_MAX, VALUE_BYTES_MAX } from './command.ts';
export { digestVersions } from './batch-condition.ts';
export { checkAtomicity, checkCommand, checkConditions } from './check-command.ts';
export { checkKey, checkTimestamp, checkValue, checkVersion } from './check-fields.ts';

export { COMMAND_FORMAT_VERSION, decodeCommand, encodeCommand } from './command-codec.ts';

export type { ApplyOutcome } from './apply-outcome.ts';
export { changesState } from './apply-outcome.ts';
export { decide } from './decide.ts';
export type { Entry, EntryHead, Tombstone } from './entry.ts';
export { BEFORE_EVERY_DEADLINE, isExpired, isForgotten, isPresent } from './entry.ts';

export type { StateStore } from './kv-state.ts';
export { KvState } from './kv-state.ts';
export { keyText } from './key-text.ts';
export { MemoryEntries } from './memory-entries.ts';
export type { BatchEvaluation, Evaluation, StateMachineOptions } from './state-machine.ts';
export { StateMachine } from './state-machine.ts';
export type { DeleteMutation, HeadReader, Mutation, SetMutation, StatePort } from './state-port.ts';
export type { StateView } from './state-view.ts';
export type { DigestOptions } from './digest.ts';
export { digestState } from './digest.ts';

export type { SnapshotPosition, SnapshotSummary } from './snapshot-frame.ts';
export type { RecordSource, SnapshotSource } from './serialize-snapshot.ts';
export { recordsInOrder, serializeSnapshot } from './serialize-snapshot.ts';
export type { SnapshotRecord } from './snapshot-records.ts';
export type { SnapshotChunks, SnapshotSink } from './restore-snapshot.ts';
export { restoreSnapshot } from './restore-snapshot.ts';

export type { StampSource } from './stamp.ts';
export { stampCommand } from './stamp.ts';
export { nextVersion, VersionCounter } from './version-counter.ts';

// For the layers above, which reach the base package only through this one.
export type { CodedErrorOptions, ErrorDetails } from '@htkv/base';
export {
  ArgumentRangeError,
  ArgumentTypeError,
  assert,
  CodedError,
  compareBytes,
  copyBytes,
  equalBytes,
  errorCode,
  InvariantError,
  prefixEnd,
  startsWith,
  toHex,
  unreachable,
  utf8,
} from '@htkv/base';
