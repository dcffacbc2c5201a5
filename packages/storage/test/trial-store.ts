/**
 * Stores for tests: on a file system of memory, with small segments and little memory, where time stands still and
 * every byte that should be random follows from a seed.
 */
import { openStore, type CompactionOptions, type LogStore, type StoreOptions } from '../src/index.ts';
import { SeededRandom } from '../src/testing/index.ts';
import { RecycledMemory } from './recycled-memory.ts';

/** Where trial stores lie in their file system. */
export const DIRECTORY = '/data';

/** What compaction does in trial stores. */
export const TRIAL_COMPACTION: CompactionOptions = { garbageRatio: 0.5, tombstoneGraceMs: 300_000 };

const memory = new RecycledMemory();

/** What a test may want to be otherwise; the file system it has to give. */
export type TrialOptions = Partial<StoreOptions> & Pick<StoreOptions, 'fileSystem'>;

export function trialOptions(options: TrialOptions): StoreOptions {
  const random = new SeededRandom('trial store');
  return {
    directory: DIRECTORY,
    maxSegmentSize: 4096,
    memoryBudget: 1,
    indexLoadFactor: 0.7,
    compaction: TRIAL_COMPACTION,
    sparseIndexEvery: 8,
    bloomFalsePositiveRate: 0.01,
    ballastBytes: 0,
    indexBytesMax: 2 ** 16,
    indexMemoryBudget: undefined,
    orderedBytesMax: 2 ** 16,
    allocate: (bytes) => new ArrayBuffer(bytes),
    startCommitRunner: undefined,
    readOnly: false,
    createIfMissing: true,
    errorIfExists: false,
    now: () => 0,
    monotonicTime: () => 0,
    randomBytes: (count) => random.bytes(count),
    ...options,
  };
}

export function openTrialStore(options: TrialOptions): LogStore {
  return openStore(trialOptions(options));
}

/**
 * Opens a store for `use` only: its memory serves others afterwards. It is not closed, for many a test lets it crash.
 */
export function withTrialStore<Result>(options: TrialOptions, use: (store: LogStore) => Result): Result {
  return memory.lend((allocate) => use(openStore(trialOptions({ ...options, allocate }))));
}
