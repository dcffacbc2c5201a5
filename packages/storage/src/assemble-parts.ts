/**
 * The parts of a store that is being opened, made from the options and from what the manifest says, and joined to
 * each other. Nothing of the log is read yet: the segments and the index are still empty.
 */
import { pageLog2For } from './format/geometry.ts';
import type { Manifest } from './format/manifest.ts';
import { HashIndex } from './index/hash-index.ts';
import { KeyIndex } from './index/key-index.ts';
import { SoughtKey } from './index/sought-key.ts';
import { LogReader } from './log/log-reader.ts';
import { PageRing } from './log/page-ring.ts';
import { Catalog, type Progress } from './manifest/catalog.ts';
import { planMemory } from './memory/memory-plan.ts';
import type { DirectoryScan } from './recovery/directory-scan.ts';
import { SegmentTable } from './segment/segment-table.ts';
import type { StoreOptions } from './store-options.ts';
import type { StoreParts } from './store-parts.ts';
import { ValueFiles } from './value/value-files.ts';

/** What is known before recovery. */
export type AssembledParts = Omit<StoreParts, 'lock' | 'isClean' | 'report'>;

/**
 * Without a manifest a new store gets its identity here. Ids go on above those of any file in the directory, whether
 * or not it counts: an id names one file, ever. Throws a `RangeError` if the system refuses the memory.
 */
export function assembleParts(
  options: StoreOptions,
  scan: DirectoryScan,
  manifest: Manifest | undefined,
): AssembledParts {
  const { fileSystem, directory, randomBytes } = options;
  const storeId = manifest?.identity.storeId ?? randomBytes(16);
  const keyHashSeed = manifest?.keyHashSeed ?? new DataView(randomBytes(4).buffer).getUint32(0);
  const pageLog2 = manifest?.pageLog2 ?? pageLog2For(options.maxSegmentSize, options.memoryBudget);
  const progress: Progress = {
    lastSequence: manifest?.lastSequence ?? 0,
    highestVersion: manifest?.highestVersion ?? 0,
    nextValueId: nextId(manifest?.nextValueId, scan.values),
    clockHighWater: manifest?.clockHighWater ?? 0,
  };
  const segments = new SegmentTable(nextId(manifest?.nextSegmentId, scan.segments));
  const memory = planMemory(options.allocate, pageLog2, options.memoryBudget, options.indexBytesMax);
  const ring = new PageRing(memory.ring, memory.pageTable, pageLog2);
  const sought = new SoughtKey(keyHashSeed);
  const reader = new LogReader(segments, ring, sought);
  const index = new KeyIndex(reader, sought, new HashIndex(memory.index, options.indexLoadFactor));
  const values = new ValueFiles(fileSystem, directory, { storeId, salt: randomBytes(16) }, progress);
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
    randomBytes,
  });
  const { maxSegmentSize, startCommitRunner: start } = options;
  const startCommitRunner = start === undefined ? undefined : () => start({ ...memory, pageLog2 });
  return {
    catalog,
    progress,
    segments,
    ring,
    reader,
    index,
    values,
    pageLog2,
    maxSegmentSize,
    startCommitRunner,
  };
}

function nextId(stated: number | undefined, present: Iterable<number>): number {
  let next = stated ?? 1;
  for (const id of present) next = Math.max(next, id + 1);
  return next;
}
