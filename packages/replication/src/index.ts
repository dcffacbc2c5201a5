export type { CommandSubmitter, SubmitBatchOptions, SubmitOptions } from './command-submitter.ts';
export type { Durability } from './durability.ts';
export type { ReplicationHandle } from './replication-handle.ts';
export type { SnapshotProvider, SnapshotStream } from './snapshot-provider.ts';

export { LocalReplication } from './local-replication.ts';
export { NullReplication } from './null-replication.ts';
