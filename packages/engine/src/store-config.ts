/**
 * The options of an engine: names, defaults, ranges. Every option that is accepted does what it says, an unknown one
 * is an error, and a value is checked before anything on disk is touched.
 */
import { ArgumentRangeError, ArgumentTypeError } from '@htkv/state';
import type { Durability } from '@htkv/replication';
import { SEGMENT_SIZE_MAX, SEGMENT_SIZE_MIN } from '@htkv/storage';

import { checkKnownOptions, shown } from './known-options.ts';

export interface StoreConfig {
  /** Directory of the store; created with mode 0700. `.hightower` unless given. */
  readonly dataDir?: string | undefined;
  /** Bytes, 4 KiB to 64 MiB: a segment is sealed when the next record does not fit. 64 MiB unless given. */
  readonly maxSegmentSize?: number | undefined;
  /** Bytes for resident pages of the log, from 1 MiB; the index comes on top. 256 MiB unless given. */
  readonly memoryBudget?: number | undefined;
  /** When promises of writes resolve. `'disk'` unless given; `*Sync` calls return at `'memory'`. */
  readonly durability?: Durability | undefined;
  /** Longest time in milliseconds that a write stays undurable, 0 to 60,000. 25 unless given. */
  readonly fsyncIntervalMs?: number | undefined;
  /**
   * 1 lets a thread of its own write commit groups out, so that neither checksums nor the disk hold up the caller's;
   * 0 does everything on the calling thread. More would have nothing to do. 1 unless given.
   */
  readonly workerThreads?: number | undefined;
  /** Share of index cells in use at which the index is rebuilt, larger if it has to be, 0.1 to 0.9. 0.7 unless given. */
  readonly indexLoadFactor?: number | undefined;
  /**
   * Milliseconds between two looks whether compaction is worth while, up to 2^31 - 1; 0 leaves it to
   * `runCompactionNow()`, and to writers who find the log far too long. 60,000 unless given.
   */
  readonly compactionIntervalMs?: number | undefined;
  /** Share of a segment that has to be garbage before it is compacted, 0.1 to 0.9. 0.5 unless given. */
  readonly compactionGarbageRatio?: number | undefined;
  /**
   * Milliseconds for which a deletion is remembered at least, so that an older version that arrives late is stale.
   * 300,000 unless given. When it is forgotten after that is each engine's own affair, unless `tombstoneGraceBy` says
   * otherwise.
   */
  readonly tombstoneGraceMs?: number | undefined;
  /**
   * What says how old a deletion is, or an entry that has expired. `'clock'`: the engine's time, and it is forgotten when
   * compaction comes upon it. `'commands'`: the timestamps of the commands, and it is forgotten by the first that comes so
   * much later, whether or not anything was removed; so engines behind a replicated log, whose timestamps never go back,
   * decide alike whenever each is compacted. They need the same `tombstoneGraceMs`. `'clock'` unless given.
   */
  readonly tombstoneGraceBy?: 'clock' | 'commands' | undefined;
  /**
   * Takes a checkpoint after each pass of compaction that has removed segments: one that was taken before may point into
   * them, and the next opening would read the whole log. True unless given.
   */
  readonly emitSnapshotAfterCompaction?: boolean | undefined;
  /**
   * Entries of a sealed segment's index that one read brings in, 8 to 4,096; fewer make a look-up in the file read less,
   * more make what has to be kept of the file smaller. 128 unless given.
   */
  readonly sparseIndexEvery?: number | undefined;
  /**
   * The share of absent keys that a sealed segment's Bloom filter may take for present, 0.001 to 0.5: 1 % takes 11 bits
   * a key, 0.1 % takes 18. 0.01 unless given.
   */
  readonly bloomFalsePositiveRate?: number | undefined;
  /**
   * Milliseconds between the end of one check of all files against their checksums in the background and the begin of
   * the next, up to 2,147,483,647; 0 for none. The first begins as long after the store was opened. A day unless given:
   * a sector goes bad without a word, and the sooner it is known, the more likely a good copy still exists.
   */
  readonly scrubIntervalMs?: number | undefined;
  /** Bytes that the check in the background reads in a second at most, 64 KiB to 1 GiB. 8 MiB unless given. */
  readonly scrubBytesPerSecond?: number | undefined;
  /**
   * Bytes that are kept free for when the device is full, at most, up to 1 GiB; 0 for none. A store takes as much for it
   * as its log has, from 128 KiB to a segment and a sixteenth, and never more than this. 1 GiB unless given, which
   * leaves it to the size of segments.
   */
  readonly ballastBytes?: number | undefined;
  /**
   * Milliseconds between the end of one sweep over expired entries and the begin of the next, up to 2,147,483,647; 0 for
   * none, which leaves them to compaction. The first begins as long after the store was opened. 60,000 unless given.
   */
  readonly expirySweepIntervalMs?: number | undefined;
  /** Expired entries that a sweep removes in a second at most, 100 to 1,000,000. 10,000 unless given. */
  readonly expirySweepKeysPerSecond?: number | undefined;
  /**
   * Bytes that the index is to take, 1 MiB to 1 GiB: half of them, and as much for each thread that looks for keys which
   * have left it. Those are keys that were not written lately; they are found with a read or two in the footers of their
   * segments, and come back. Needs `ordered: false`, which it brings about. All keys stay in the index unless given.
   */
  readonly indexMemoryBudget?: number | undefined;
  /**
   * False takes no memory for the order of the keys, and makes every read of a range an error. True unless given, or
   * `indexMemoryBudget` is.
   */
  readonly ordered?: boolean | undefined;
  /** Opens without the lock, beside a writer if there is one, and refuses writes. False unless given. */
  readonly readOnly?: boolean | undefined;
  /** True unless given. */
  readonly createIfMissing?: boolean | undefined;
  /** False unless given. */
  readonly errorIfExists?: boolean | undefined;
}

const BALLAST_BYTES_MAX = 1024 * 1024 * 1024;

/** A configuration with every option decided. */
export type CheckedConfig = {
  readonly [Option in keyof StoreConfig]-?: Option extends 'indexMemoryBudget'
    ? number | undefined
    : Exclude<StoreConfig[Option], undefined>;
};

/** What an option has when it is not given. */
export const DEFAULT_CONFIG: CheckedConfig = Object.freeze({
  dataDir: '.hightower',
  maxSegmentSize: SEGMENT_SIZE_MAX,
  memoryBudget: 256 * 1024 * 1024,
  durability: 'disk',
  fsyncIntervalMs: 25,
  workerThreads: 1,
  indexLoadFactor: 0.7,
  compactionIntervalMs: 60_000,
  compactionGarbageRatio: 0.5,
  tombstoneGraceMs: 300_000,
  tombstoneGraceBy: 'clock',
  emitSnapshotAfterCompaction: true,
  sparseIndexEvery: 128,
  bloomFalsePositiveRate: 0.01,
  scrubIntervalMs: 24 * 60 * 60 * 1000,
  scrubBytesPerSecond: 8 * 1024 * 1024,
  indexMemoryBudget: undefined,
  ballastBytes: BALLAST_BYTES_MAX,
  expirySweepIntervalMs: 60_000,
  expirySweepKeysPerSecond: 10_000,
  ordered: true,
  readOnly: false,
  createIfMissing: true,
  errorIfExists: false,
});

const OPTIONS = Object.keys(DEFAULT_CONFIG);
const BOOLEANS = [
  'emitSnapshotAfterCompaction',
  'ordered',
  'readOnly',
  'createIfMissing',
  'errorIfExists',
] as const;

/** Throws a `TypeError` or `RangeError` that names the option, what was expected and what was given. */
export function checkConfig(config: StoreConfig = {}): CheckedConfig {
  checkKnownOptions(config, OPTIONS, 'the configuration');
  const given = Object.entries(config).filter(([, value]) => value !== undefined);
  const ordered = config.indexMemoryBudget === undefined;
  const checked: CheckedConfig = { ...DEFAULT_CONFIG, ordered, ...Object.fromEntries(given) };
  if (typeof checked.dataDir !== 'string' || checked.dataDir === '' || checked.dataDir.includes('\0')) {
    throw new ArgumentTypeError(
      `expected dataDir to be the path of a directory, got ${shown(checked.dataDir)}`,
    );
  }
  checkDurability(checked.durability);
  if (checked.tombstoneGraceBy !== 'clock' && checked.tombstoneGraceBy !== 'commands') {
    throw new ArgumentTypeError(
      `expected tombstoneGraceBy to be 'clock' or 'commands', got ${shown(checked.tombstoneGraceBy)}`,
    );
  }
  checkInteger('maxSegmentSize', checked.maxSegmentSize, SEGMENT_SIZE_MIN, SEGMENT_SIZE_MAX);
  checkInteger('memoryBudget', checked.memoryBudget, 1024 * 1024, Number.MAX_SAFE_INTEGER);
  checkInteger('fsyncIntervalMs', checked.fsyncIntervalMs, 0, 60_000);
  checkInteger('workerThreads', checked.workerThreads, 0, 1);
  checkNumber('indexLoadFactor', checked.indexLoadFactor, 0.1, 0.9);
  checkInteger('compactionIntervalMs', checked.compactionIntervalMs, 0, 2 ** 31 - 1);
  checkNumber('compactionGarbageRatio', checked.compactionGarbageRatio, 0.1, 0.9);
  checkInteger('tombstoneGraceMs', checked.tombstoneGraceMs, 0, Number.MAX_SAFE_INTEGER);
  checkInteger('sparseIndexEvery', checked.sparseIndexEvery, 8, 4096);
  checkInteger('scrubIntervalMs', checked.scrubIntervalMs, 0, 2 ** 31 - 1);
  checkInteger('scrubBytesPerSecond', checked.scrubBytesPerSecond, 64 * 1024, 1024 * 1024 * 1024);
  checkInteger('ballastBytes', checked.ballastBytes, 0, BALLAST_BYTES_MAX);
  checkInteger('expirySweepIntervalMs', checked.expirySweepIntervalMs, 0, 2 ** 31 - 1);
  checkInteger('expirySweepKeysPerSecond', checked.expirySweepKeysPerSecond, 100, 1_000_000);
  checkNumber('bloomFalsePositiveRate', checked.bloomFalsePositiveRate, 0.001, 0.5);
  for (const option of BOOLEANS) {
    if (typeof checked[option] === 'boolean') continue;
    throw new ArgumentTypeError(`expected ${option} to be a boolean, got ${shown(checked[option])}`);
  }
  if (checked.indexMemoryBudget !== undefined) {
    checkInteger('indexMemoryBudget', checked.indexMemoryBudget, 1024 * 1024, 1024 * 1024 * 1024);
    if (checked.ordered) {
      throw new ArgumentTypeError(
        'expected indexMemoryBudget without ordered, got both: the order needs every key',
      );
    }
  }
  if (checked.readOnly && checked.errorIfExists) {
    throw new ArgumentTypeError('expected readOnly without errorIfExists, got both: nothing could be opened');
  }
  return Object.freeze(checked);
}

/** Throws a `TypeError` unless `durability` is one of the three levels. */
export function checkDurability(durability: unknown): asserts durability is Durability {
  if (durability === 'memory' || durability === 'os' || durability === 'disk') return;
  throw new ArgumentTypeError(`expected durability to be 'memory', 'os' or 'disk', got ${shown(durability)}`);
}

function checkNumber(option: string, value: unknown, least: number, most: number): void {
  if (typeof value !== 'number') {
    throw new ArgumentTypeError(`expected ${option} to be a number, got ${shown(value)}`);
  }
  if (value >= least && value <= most) return;
  const range = least === most ? `${least}` : `between ${least} and ${most}`;
  throw new ArgumentRangeError(`expected ${option} to be ${range}, got ${value}`);
}

function checkInteger(option: string, value: unknown, least: number, most: number): void {
  checkNumber(option, value, least, most);
  if (Number.isSafeInteger(value)) return;
  throw new ArgumentRangeError(`expected ${option} to be a whole number, got ${String(value)}`);
}
