/**
 * Opening: from a directory to a store that is true to the log, or a refusal that says why.
 *
 * 1. Foreign files refuse the directory before anything is touched; the lock keeps other writers out.
 * 2. The newest manifest that checks out names the segments; an empty directory gets its first manifest.
 * 3. Segments are read in order, every group is checked, the index is built (`recovery/recover-segments.ts`).
 * 4. After a stop that was not clean, the segment that was being written is ended at its last proven byte, and what
 *    checked out above is written again to a new segment, made durable, and only then named by a manifest. A page
 *    cache may show bytes that never reached the disk, so nothing is ever appended behind them.
 * 5. Files that nothing refers to are removed.
 */
import { CodedError, errorCode } from '@htkv/base';

import { wrapFailure } from './failure.ts';
import { PAGE_LOG2_MAX, PAGE_LOG2_MIN, pageLog2For } from './format/geometry.ts';
import { storeFileName } from './format/file-names.ts';
import { SegmentState, type Manifest } from './format/manifest.ts';
import { decodeRecordHead, recordKey, recordPointer, RecordType, recordValue } from './format/record.ts';
import { removeQuietly } from './fs/checked-io.ts';
import type { Lock } from './fs/file-system.ts';
import { HashIndex } from './index/hash-index.ts';
import { KeyIndex } from './index/key-index.ts';
import { SoughtKey } from './index/sought-key.ts';
import { LogReader } from './log/log-reader.ts';
import { PageRing } from './log/page-ring.ts';
import { planMemory } from './memory/memory-plan.ts';
import { LogStore, type RewrittenRecord } from './log-store.ts';
import { Catalog, type Progress } from './manifest/catalog.ts';
import { scanManifests } from './manifest/manifest-files.ts';
import { corrupt } from './failure.ts';
import { scanDirectory, type DirectoryScan } from './recovery/directory-scan.ts';
import { judgeUnnamedSegment } from './recovery/orphans.ts';
import { recoverSegments, type RecoveredSegments, type UnprovenGroup } from './recovery/recover-segments.ts';
import { SegmentTable } from './segment/segment-table.ts';
import { storeExists, storeMissing, type StoreOptions } from './store-options.ts';
import { ValueFiles } from './value/value-files.ts';

/**
 * Opens or creates the store of a directory. Throws `STORAGE_NOT_FOUND`, `STORAGE_EXISTS`, `STORAGE_LOCKED`,
 * `STORAGE_FOREIGN_FILE`, `STORAGE_CORRUPT`, `STORAGE_FORMAT_UNSUPPORTED`, `STORAGE_NO_SPACE` or `STORAGE_IO`; what
 * it had taken by then is given back. O(log).
 */
export function openStore(options: StoreOptions): LogStore {
  const { fileSystem, directory } = options;
  try {
    return options.readOnly ? openForReading(options) : openForWriting(options);
  } catch (error) {
    if (error instanceof CodedError || errorCode(error) === undefined) throw error;
    throw wrapFailure(fileSystem.join(directory, ''), 'open', error);
  }
}

/** A writer may rotate and publish while its files are read; what then looks damaged is looked at once more. */
const READ_ATTEMPTS = 5;

function openForReading(options: StoreOptions): LogStore {
  for (let attempt = 1; ; attempt += 1) {
    const scan = scanDirectory(options.fileSystem, options.directory);
    if (scan === undefined || scan.manifests.length + scan.segments.size === 0) throw storeMissing(options.directory);
    try {
      return openScanned(options, scan, undefined);
    } catch (error) {
      if (attempt === READ_ATTEMPTS || errorCode(error) !== 'STORAGE_CORRUPT') throw error;
      const again = scanDirectory(options.fileSystem, options.directory);
      if (again !== undefined && again.manifests.join() === scan.manifests.join()) throw error;
    }
  }
}

function openForWriting(options: StoreOptions): LogStore {
  const { fileSystem, directory } = options;
  const before = scanDirectory(fileSystem, directory);
  const isMissing = before === undefined || before.manifests.length + before.segments.size + before.values.size === 0;
  if (isMissing && !options.createIfMissing) throw storeMissing(directory);
  if (before === undefined) fileSystem.makeDirectory(directory);
  const lock = fileSystem.lock(directory);
  try {
    const scan = scanDirectory(fileSystem, directory);
    if (scan === undefined) throw storeMissing(directory);
    return openScanned(options, scan, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

function openScanned(options: StoreOptions, scan: DirectoryScan, lock: Lock | undefined): LogStore {
  const { fileSystem, directory } = options;
  const { manifest, damaged } = scanManifests(fileSystem, directory, scan.manifests);
  if (manifest === undefined) {
    const path = fileSystem.join(directory, storeFileName('manifest', 1));
    if (scan.segments.size + scan.values.size > 0) {
      throw damaged ?? corrupt(path, 0, 'a manifest', 'none');
    }
    if (lock === undefined || !options.createIfMissing) throw storeMissing(directory);
    return assemble(options, scan, undefined, damaged, lock);
  }
  if (options.errorIfExists) throw storeExists(directory);
  return assemble(options, scan, manifest, damaged, lock);
}

function assemble(
  options: StoreOptions,
  scan: DirectoryScan,
  manifest: Manifest | undefined,
  damaged: unknown,
  lock: Lock | undefined,
): LogStore {
  const { fileSystem, directory } = options;
  const storeId = manifest?.identity.storeId ?? options.randomBytes(16);
  const keyHashSeed = manifest?.keyHashSeed ?? new DataView(options.randomBytes(4).buffer).getUint32(0);
  const pageLog2 = manifest?.pageLog2 ?? pageLog2For(options.maxSegmentSize);
  if (pageLog2 < PAGE_LOG2_MIN || pageLog2 > PAGE_LOG2_MAX) {
    throw corrupt(directory, 0, 'a manifest with a possible page size', `2^${pageLog2} bytes`);
  }
  const progress: Progress = {
    lastSequence: manifest?.lastSequence ?? 0,
    highestVersion: manifest?.highestVersion ?? 0,
    nextValueId: Math.max(manifest?.nextValueId ?? 1, ...[...scan.values].map((id) => id + 1)),
    clockHighWater: manifest?.clockHighWater ?? 0,
  };
  const segments = new SegmentTable(
    Math.max(manifest?.nextSegmentId ?? 1, ...[...scan.segments].map((id) => id + 1)),
  );
  const memory = planMemory(options.allocate, pageLog2, options.memoryBudget, options.indexBytesMax);
  const ring = new PageRing(memory.ring, memory.pageTable, pageLog2);
  const sought = new SoughtKey(keyHashSeed);
  const reader = new LogReader(segments, ring, sought);
  const index = new KeyIndex(reader, sought, new HashIndex(memory.index, options.indexLoadFactor));
  const values = new ValueFiles(fileSystem, directory, { storeId, salt: options.randomBytes(16) }, progress);
  const catalog = new Catalog({
    fileSystem,
    directory,
    storeId,
    keyHashSeed,
    pageLog2,
    segments,
    progress,
    generations: scan.manifests,
    now: options.now,
    randomBytes: options.randomBytes,
  });
  try {
    const recovered =
      manifest === undefined
        ? undefined
        : recoverSegments({
            fileSystem,
            directory,
            manifest,
            table: segments,
            values,
            valueIds: scan.values,
            acceptUnproven: lock === undefined,
            onRecord: (address, head, key) => index.recover(address, head, key),
          });
    const named = new Set(manifest?.segments.map((segment) => segment.segmentId));
    const unnamed = [...scan.segments].filter((segmentId) => !named.has(segmentId));
    for (const segmentId of manifest === undefined ? [] : unnamed) {
      judgeUnnamedSegment(fileSystem, directory, manifest!, segmentId, damaged);
    }
    progress.lastSequence = recovered?.lastSequence ?? 0;
    progress.highestVersion = recovered?.highestVersion ?? 0;
    const isClean = manifest?.clean ?? false;
    const orphans = [
      ...unnamed.map((segmentId) => storeFileName('segment', segmentId)),
      ...[...scan.values].filter((id) => !recovered?.valueIds.has(id)).map((id) => storeFileName('value', id)),
    ];
    const report = {
      clean: isClean || manifest === undefined,
      segments: segments.inOrder.length,
      bytes: recovered?.bytes ?? 0,
      groups: recovered?.groups ?? 0,
      records: recovered?.records ?? 0,
      tornBytes: recovered?.tornBytes ?? 0,
      rewrittenGroups: lock === undefined ? 0 : (recovered?.unproven.length ?? 0),
      orphans: lock === undefined ? 0 : orphans.length,
    };
    const store = new LogStore({
      lock,
      catalog,
      progress,
      segments,
      ring,
      reader,
      index,
      values,
      pageLog2,
      maxSegmentSize: options.maxSegmentSize,
      isClean,
      report,
    });
    if (lock !== undefined) {
      if (manifest === undefined) catalog.publish(false);
      else if (!isClean) orphans.push(...settleTail(store, segments, recovered));
      for (const name of orphans) removeQuietly(fileSystem, fileSystem.join(directory, name));
    }
    return store;
  } catch (error) {
    values.close();
    segments.close();
    throw error;
  }
}

/**
 * Ends the segment that was being written, writes the unproven groups again, and publishes the result. Returns the
 * names of files that the new manifest no longer needs.
 */
function settleTail(
  store: LogStore,
  segments: SegmentTable,
  recovered: RecoveredSegments | undefined,
): string[] {
  const last = segments.last;
  const unneeded: string[] = [];
  if (last !== undefined && last.state === SegmentState.active) {
    last.state = SegmentState.cut;
    if (last.recordCount === 0) {
      segments.removeLast();
      last.close();
      unneeded.push(storeFileName('segment', last.header.segmentId));
    }
  }
  for (const group of recovered?.unproven ?? []) store.rewrite(rewrittenRecords(group));
  store.finishRewriting();
  return unneeded;
}

function rewrittenRecords(group: UnprovenGroup): RewrittenRecord[] {
  const { bytes } = group;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return group.records.map((offset) => {
    const head = decodeRecordHead(view, offset)!;
    const key = recordKey(bytes, offset, head);
    if (head.separated) return { head, key, value: recordPointer(view, offset, head) };
    return { head, key, value: head.type === RecordType.set ? recordValue(bytes, offset, head) : undefined };
  });
}
