/**
 * The end of a commit group: what makes the records before it count. A group counts whole or not at all.
 *
 * `chain` covers the group's bytes and, through its seed, every group before it back to the segment's header, which
 * covers the predecessor. `durable*` is a promise about the past: everything before that place was on disk before
 * this group was written, so damage below it is corruption and never a torn write (Pebble's sync offset).
 */
import { crc32 } from '../checksum/crc32.ts';
import { UNIT_BYTES, UNIT_LOG2 } from './geometry.ts';
import { defineLayout, LayoutView, type Layout } from './layout.ts';
import { RecordType } from './record.ts';

type CommitField =
  | 'units'
  | 'type'
  | 'flags'
  | 'recordCount'
  | 'groupBytes'
  | 'checksum'
  | 'chain'
  | 'previousChain'
  | 'firstSequence'
  | 'lastSequence'
  | 'durableSegmentId'
  | 'durableBytes'
  | 'groupStart'
  | 'highestVersion';

export const commitTrailerLayout: Layout<CommitField> = defineLayout(64, {
  units: 2,
  type: 1,
  flags: 1,
  recordCount: 4,
  groupBytes: 4,
  checksum: 4,
  chain: 4,
  previousChain: 4,
  firstSequence: 8,
  lastSequence: 8,
  durableSegmentId: 8,
  durableBytes: 4,
  groupStart: 4,
  highestVersion: 8,
});

export const COMMIT_TRAILER_BYTES: number = commitTrailerLayout.totalBytes;

/** `rewritten`: recovery copied the group out of an unproven tail, so it says nothing about the manifest. */
export const CommitFlag = { rewritten: 1 } as const;

export interface CommitTrailer {
  readonly rewritten: boolean;
  readonly recordCount: number;
  /** Offset of the group's first byte in the segment, and its bytes up to this trailer. */
  readonly groupStart: number;
  readonly groupBytes: number;
  /** Checksum of the group's bytes, continued from `previousChain`. */
  readonly chain: number;
  readonly previousChain: number;
  /** Sequences of the group's records; `firstSequence` is `lastSequence + 1` if it has none. */
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** Everything before `durableBytes` of segment `durableSegmentId` was durable when this group was written. */
  readonly durableSegmentId: number;
  readonly durableBytes: number;
  /** The highest version that any write of the store ever had. */
  readonly highestVersion: number;
}

/** Writes a trailer at `offset` of `target`, the bytes of segment seed `seed` from position `position` on. */
export function encodeCommitTrailer(
  target: Uint8Array,
  offset: number,
  trailer: CommitTrailer,
  seed: number,
): void {
  const bytes = new Uint8Array(COMMIT_TRAILER_BYTES);
  const view = new LayoutView(commitTrailerLayout, bytes);
  view.set('flags', trailer.rewritten ? CommitFlag.rewritten : 0);
  view.set('recordCount', trailer.recordCount);
  view.set('groupBytes', trailer.groupBytes);
  view.set('chain', trailer.chain);
  view.set('previousChain', trailer.previousChain);
  view.set('firstSequence', trailer.firstSequence);
  view.set('lastSequence', trailer.lastSequence);
  view.set('durableSegmentId', trailer.durableSegmentId);
  view.set('durableBytes', trailer.durableBytes);
  view.set('groupStart', trailer.groupStart);
  view.set('highestVersion', trailer.highestVersion);
  view.set('units', COMMIT_TRAILER_BYTES / UNIT_BYTES);
  view.set('type', RecordType.commit);
  view.set('checksum', trailerCrc(bytes, seed, trailer.groupStart + trailer.groupBytes));
  target.set(bytes, offset);
}

/** The trailer at `offset` of `source`, which lies at `position` of its segment, or `undefined` if it is none. */
export function decodeCommitTrailer(
  source: Uint8Array,
  offset: number,
  position: number,
  seed: number,
): CommitTrailer | undefined {
  if (offset + COMMIT_TRAILER_BYTES > source.length) return undefined;
  const bytes = source.slice(offset, offset + COMMIT_TRAILER_BYTES);
  const view = new LayoutView(commitTrailerLayout, bytes);
  if (view.get('type') !== RecordType.commit || view.get('units') !== COMMIT_TRAILER_BYTES / UNIT_BYTES) {
    return undefined;
  }
  const stored = view.get('checksum');
  view.set('checksum', 0);
  if (trailerCrc(bytes, seed, position) !== stored) return undefined;
  return {
    rewritten: (view.get('flags') & CommitFlag.rewritten) !== 0,
    recordCount: view.get('recordCount'),
    groupStart: view.get('groupStart'),
    groupBytes: view.get('groupBytes'),
    chain: view.get('chain'),
    previousChain: view.get('previousChain'),
    firstSequence: view.get('firstSequence'),
    lastSequence: view.get('lastSequence'),
    durableSegmentId: view.get('durableSegmentId'),
    durableBytes: view.get('durableBytes'),
    highestVersion: view.get('highestVersion'),
  };
}

function trailerCrc(bytes: Uint8Array, seed: number, position: number): number {
  return crc32(bytes, (seed ^ (position >>> UNIT_LOG2)) >>> 0);
}
