/**
 * Opening: from a directory to a store that is true to the log, or a refusal that says why.
 *
 * 1. Foreign files refuse the directory before anything is touched; the lock keeps other writers out.
 * 2. The newest manifest that checks out names the segments; an empty directory gets its first manifest.
 * 3. The index is loaded from a checkpoint, or is empty; segments are read in order from there on, every group is
 *    checked, the index is built (`recovery/recover-index.ts`).
 * 4. After a stop that was not clean, the log's end is written again to a new segment (`recovery/settle-tail.ts`).
 * 5. Files that nothing refers to are removed (`recovery/orphans.ts`).
 */
import { toHex, type CodedError } from '@htkv/base';

import { assembleParts, type AssembledParts } from './assemble-parts.ts';
import { Field } from './control/store-fields.ts';
import { compactedSequenceOf } from './feed/compacted-sequence.ts';
import { corrupt, isNoSpace, isNoSpaceFailure, isSystemFailure, wrapFailure } from './failure.ts';
import { formatUnsupported, FORMAT_MAJOR } from './format/file-header.ts';
import { storeFileName } from './format/file-names.ts';
import { pageLog2For } from './format/geometry.ts';
import type { Manifest } from './format/manifest.ts';
import type { Lock } from './fs/file-system.ts';
import { LogStore } from './log-store.ts';
import { planMemory } from './memory/memory-plan.ts';
import { scanManifests } from './manifest/manifest-files.ts';
import { holdsNoStore, isSameScan, scanDirectory, type DirectoryScan } from './recovery/directory-scan.ts';
import { findOrphans, removeOrphans } from './recovery/orphans.ts';
import { NOTHING_FOUND, recoverIndex, type RecoveredIndex } from './recovery/recover-index.ts';
import type { RecoveryReport } from './recovery/recovery-report.ts';
import { settleTail } from './recovery/settle-tail.ts';
import { Ballast } from './space/ballast.ts';
import { storeExists, storeIncomplete, storeMissing, type StoreOptions } from './store-options.ts';
import type { StoreParts } from './store-parts.ts';

/**
 * Opens or creates the store of a directory. Throws `STORAGE_NOT_FOUND`, `STORAGE_EXISTS`, `STORAGE_LOCKED`,
 * `STORAGE_FOREIGN_FILE`, `STORAGE_INCOMPLETE`, `STORAGE_CORRUPT`, `STORAGE_FORMAT_UNSUPPORTED`, `STORAGE_NO_SPACE` or
 * `STORAGE_IO`; what it had taken by then is given back. O(log).
 */
export function openStore(options: StoreOptions): LogStore {
  try {
    return options.readOnly ? openForReading(options) : openForWriting(options);
  } catch (error) {
    throw isSystemFailure(error) ? wrapFailure(options.directory, 'open', error) : error;
  }
}

/** A writer may rotate and publish while its files are read; what then looks damaged is looked at once more. */
const READ_ATTEMPTS = 5;

function openForReading(options: StoreOptions): LogStore {
  const { fileSystem, directory } = options;
  let scan = scanDirectory(fileSystem, directory);
  for (let attempt = 1; ; attempt += 1) {
    if (scan === undefined || holdsNoStore(scan)) throw storeMissing(directory);
    try {
      return openScanned(options, scan, undefined);
    } catch (error) {
      const again = scanDirectory(fileSystem, directory);
      const isStale = again === undefined || !isSameScan(scan, again);
      if (attempt === READ_ATTEMPTS || !isStale) throw error;
      scan = again;
    }
  }
}

function openForWriting(options: StoreOptions): LogStore {
  const { fileSystem, directory, createIfMissing } = options;
  const before = scanDirectory(fileSystem, directory);
  if (!createIfMissing && (before === undefined || holdsNoStore(before))) throw storeMissing(directory);
  if (before === undefined) fileSystem.makeDirectory(directory);
  const lock = fileSystem.lock(directory);
  try {
    return openLocked(options, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** On a full device, once more with the room of the ballast. */
function openLocked(options: StoreOptions, lock: Lock): LogStore {
  const { fileSystem, directory } = options;
  const scan = scanDirectory(fileSystem, directory);
  if (scan === undefined) throw storeMissing(directory);
  try {
    return openScanned(options, scan, lock);
  } catch (error) {
    if (!scan.hasBallast || !(isNoSpace(error) || isNoSpaceFailure(error))) throw error;
    new Ballast(fileSystem, directory).cut(0);
    return openScanned(options, scanDirectory(fileSystem, directory) ?? scan, lock);
  }
}

/** Opens what a scan of the directory has found; without `lock` for reading only. */
function openScanned(options: StoreOptions, scan: DirectoryScan, lock: Lock | undefined): LogStore {
  const { fileSystem, directory } = options;
  const startedAt = options.monotonicTime();
  const { manifest, damaged } = chooseManifest(options, scan, lock);
  const parts = preparedParts(options, scan, manifest);
  try {
    const found =
      manifest === undefined
        ? NOTHING_FOUND
        : recoverIndex({ options, scan, manifest, parts, isReading: lock === undefined });
    const { recovered, checkpointId } = found;
    const milliseconds = options.monotonicTime() - startedAt;
    const orphans = findOrphans({ fileSystem, directory, scan, manifest, recovered, checkpointId, damaged });
    const isClean = manifest?.clean ?? false;
    const report = reportOf(found, manifest, milliseconds, lock === undefined ? undefined : orphans);
    const store = new LogStore({
      ...parts,
      slot: parts.slots.claim(),
      leave: undefined,
      lock,
      isReadOnly: lock === undefined,
      report,
      startCommitRunner: commitRunnerStart(options, parts),
    });
    if (lock === undefined) return store;
    if (manifest === undefined) parts.catalog.publish(false);
    else if (!isClean) {
      const { unproven } = recovered;
      orphans.push(...store.exclusively(() => settleTail(store.rewriter, parts, unproven)));
    }
    removeOrphans(fileSystem, directory, orphans);
    if (options.ballastBytes > 0 || scan.hasBallast) parts.space.adopt(scan.hasBallast);
    return store;
  } catch (error) {
    parts.segments.close();
    throw error;
  }
}

/**
 * Memory and parts, with the numbers that recovery starts from. Without a manifest a new store gets its identity
 * here. Ids go on above those of any file in the directory, whether or not it counts: an id names one file, ever.
 * Throws `STORAGE_NO_MEMORY`.
 */
function preparedParts(
  options: StoreOptions,
  scan: DirectoryScan,
  manifest: Manifest | undefined,
): AssembledParts {
  const { directory, maxSegmentSize, randomBytes } = options;
  const { indexLoadFactor, sparseIndexEvery, bloomFalsePositiveRate, indexMemoryBudget } = options;
  const storeId = manifest?.identity.storeId ?? randomBytes(16);
  const keyHashSeed = manifest?.keyHashSeed ?? new DataView(randomBytes(4).buffer).getUint32(0);
  const pageLog2 = manifest?.pageLog2 ?? pageLog2For(maxSegmentSize, options.memoryBudget);
  const name = toHex(randomBytes(8));
  const { compaction, ballastBytes } = options;
  const identity = {
    name,
    directory,
    storeId,
    keyHashSeed,
    pageLog2,
    maxSegmentSize,
    indexLoadFactor,
    compaction,
    sparseIndexEvery,
    bloomFalsePositiveRate,
    indexMemoryBudget,
    ballastBytes,
  };
  const { allocate, memoryBudget, indexBytesMax, orderedBytesMax } = options;
  const memory = planMemory(allocate, pageLog2, memoryBudget, indexBytesMax, orderedBytesMax);
  const parts = assembleParts(identity, memory, options, scan.manifests);
  const { block } = parts.control;
  const newestGeneration = Math.max(0, ...scan.manifests);
  const nextValueId = nextId(manifest?.nextValueId, scan.values);
  block.stage(Field.nextSegmentId, nextId(manifest?.nextSegmentId, scan.segments));
  block.stage(Field.nextValueId, nextValueId);
  block.stage(Field.openValues, nextValueId);
  // Checkpoints take their ids from the generations.
  block.stage(Field.nextGeneration, nextId(newestGeneration + 1, scan.checkpoints));
  block.stage(Field.publishedGeneration, newestGeneration);
  block.stage(Field.isClean, manifest?.clean === true ? 1 : 0);
  block.stage(Field.compactedSequence, compactedSequenceOf(manifest));
  block.publish();
  parts.clock.note(manifest?.clockHighWater ?? 0);
  return parts;
}

function nextId(stated: number | undefined, present: Iterable<number>): number {
  let next = stated ?? 1;
  for (const id of present) next = Math.max(next, id + 1);
  return next;
}

function commitRunnerStart(
  { startCommitRunner, directory }: StoreOptions,
  { memory, identity }: AssembledParts,
): StoreParts['startCommitRunner'] {
  if (startCommitRunner === undefined) return undefined;
  const { pageLog2, name } = identity;
  return (onDone) => startCommitRunner({ ...memory, pageLog2, directory, store: name }, onDone);
}

/** The manifest to go by; `undefined` where a store is to be created. */
function chooseManifest(
  options: StoreOptions,
  scan: DirectoryScan,
  lock: Lock | undefined,
): { readonly manifest: Manifest | undefined; readonly damaged: CodedError | undefined } {
  const { fileSystem, directory } = options;
  const { manifest, readOnlyFeatures, damaged } = scanManifests(fileSystem, directory, scan.manifests);
  if (manifest === undefined) {
    if (scan.segments.size + scan.values.size + scan.checkpoints.size > 0) {
      throw (
        damaged ??
        corrupt(fileSystem.join(directory, storeFileName('manifest', 1)), 0, 'a manifest', 'no file')
      );
    }
    if (lock === undefined || !options.createIfMissing) throw storeMissing(directory, damaged);
    return { manifest, damaged };
  }
  if (options.errorIfExists) throw storeExists(directory);
  if (manifest.incomplete) throw storeIncomplete(directory);
  if (lock !== undefined && readOnlyFeatures !== 0) {
    throw formatUnsupported(`${FORMAT_MAJOR}, to be opened for reading only,`, readOnlyFeatures);
  }
  return { manifest, damaged };
}

/** `orphans` is undefined for a store that is only read: nothing is removed or written again. */
function reportOf(
  found: RecoveredIndex,
  manifest: Manifest | undefined,
  milliseconds: number,
  orphans: readonly string[] | undefined,
): RecoveryReport {
  const { bytes, groups, records, tornBytes, unproven } = found.recovered;
  const { checkpointId, checkpointKeys, checkpointBytes, checkpointRefusal } = found;
  return {
    clean: manifest?.clean ?? true,
    segments: manifest?.segments.length ?? 0,
    bytes,
    groups,
    records,
    milliseconds,
    checkpointId,
    checkpointKeys,
    checkpointBytes,
    checkpointRefusal,
    tornBytes,
    rewrittenGroups: orphans === undefined ? 0 : unproven.length,
    orphans: orphans?.length ?? 0,
  };
}
