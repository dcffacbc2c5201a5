/** Opening the store of an engine: what its configuration and its machine mean to the layer below. */
import { openStore, type LogStore } from '@htkv/storage';

import type { Environment } from './environment.ts';
import type { CheckedConfig } from './store-config.ts';

/** Address space reserved for the index, enough for forty million keys; memory is taken as it grows. */
const INDEX_BYTES_MAX = 1024 * 1024 * 1024;

/** Throws what `openStore` throws. */
export function openEngineStore(config: CheckedConfig, environment: Environment): LogStore {
  return openStore({
    fileSystem: environment.fileSystem,
    directory: config.dataDir,
    maxSegmentSize: config.maxSegmentSize,
    memoryBudget: config.memoryBudget,
    indexLoadFactor: config.indexLoadFactor,
    indexBytesMax: INDEX_BYTES_MAX,
    allocate: (bytes) => new SharedArrayBuffer(bytes),
    startCommitRunner: config.workerThreads > 0 ? environment.startCommitThread : undefined,
    readOnly: config.readOnly,
    createIfMissing: config.createIfMissing,
    errorIfExists: config.errorIfExists,
    now: environment.systemTime,
    randomBytes: environment.randomBytes,
  });
}
