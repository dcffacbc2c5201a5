/** The store of an engine: the configuration and the environment put together. */
import { isAbsolute, resolve } from 'node:path';

import { attachStore, openStore, type LogStore } from '@htkv/storage';

import type { EngineHandle } from './engine-handle.ts';
import type { Environment } from './environment.ts';
import type { CheckedConfig } from './store-config.ts';

/**
 * Address space reserved for the index: two tables of 512 MiB, one of which holds 47 million keys, and a header.
 * Memory is taken as it grows.
 */
const INDEX_BYTES_MAX = 1024 * 1024 * 1024 + 2048;
/** The same for the order of the keys, enough for twenty-five million. */
const ORDERED_BYTES_MAX = 512 * 1024 * 1024;

/** Opens or creates the store in `config.dataDir`. Throws what opening throws. */
export function openEngineStore(config: CheckedConfig, environment: Environment): LogStore {
  return openStore({
    fileSystem: environment.fileSystem,
    directory: lasting(config.dataDir),
    maxSegmentSize: config.maxSegmentSize,
    memoryBudget: config.memoryBudget,
    indexLoadFactor: config.indexLoadFactor,
    sparseIndexEvery: config.sparseIndexEvery,
    bloomFalsePositiveRate: config.bloomFalsePositiveRate,
    ballastBytes: config.ballastBytes,
    indexBytesMax: INDEX_BYTES_MAX,
    indexMemoryBudget: config.indexMemoryBudget,
    orderedBytesMax: config.ordered ? ORDERED_BYTES_MAX : 0,
    compaction: {
      garbageRatio: config.compactionGarbageRatio,
      tombstoneGraceMs: config.tombstoneGraceMs,
    },
    allocate: (bytes) => new SharedArrayBuffer(bytes),
    startCommitRunner: config.workerThreads > 0 ? environment.startCommitThread : undefined,
    readOnly: config.readOnly,
    createIfMissing: config.createIfMissing,
    errorIfExists: config.errorIfExists,
    now: environment.systemTime,
    monotonicTime: environment.monotonicTime,
    randomBytes: environment.randomBytes,
  });
}

/** Names the same directory when the process works in another one. */
function lasting(path: string): string {
  return isAbsolute(path) ? path : resolve(path);
}

/** Joins the store of an engine that was shared. Throws what joining throws. */
export function attachEngineStore(handle: EngineHandle, environment: Environment): LogStore {
  const { fileSystem, systemTime: now, randomBytes } = environment;
  return attachStore(handle.store, { fileSystem, now, randomBytes });
}
