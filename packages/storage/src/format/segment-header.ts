/**
 * The first 128 bytes of a segment: the file's identity, which segment it is, and what precedes it in the log.
 * `predecessor` ties the segments into one chain: a missing, foreign or reordered segment shows at recovery.
 */
import { assert } from '@htkv/base';

import { crc32 } from '../checksum/crc32.ts';
import {
  decodeFileHeader,
  encodeFileHeader,
  FileKind,
  sealHeader,
  type FileIdentity,
} from './file-header.ts';
import { defineLayout, LayoutView, type Layout } from './layout.ts';

type SegmentHeaderField =
  | 'fileHeader'
  | 'segmentId'
  | 'slot'
  | 'keyHashSeed'
  | 'predecessorId'
  | 'predecessorBytes'
  | 'predecessorChain'
  | 'firstSequence'
  | 'createdAt'
  | 'reserved'
  | 'checksum';

export const segmentHeaderLayout: Layout<SegmentHeaderField> = defineLayout(128, {
  fileHeader: 64,
  segmentId: 8,
  slot: 4,
  keyHashSeed: 4,
  predecessorId: 8,
  predecessorBytes: 4,
  predecessorChain: 4,
  firstSequence: 8,
  createdAt: 8,
  reserved: 12,
  checksum: 4,
});

export const SEGMENT_HEADER_BYTES: number = segmentHeaderLayout.totalBytes;

export interface SegmentHeader {
  readonly identity: FileIdentity;
  /** Ids grow by one with every segment ever created and are never used again. */
  readonly segmentId: number;
  readonly slot: number;
  readonly keyHashSeed: number;
  /** The segment before this one when this one was created: 0 for the first. */
  readonly predecessorId: number;
  /** Bytes of the predecessor that belong to the log; what lies behind them does not. */
  readonly predecessorBytes: number;
  /** The predecessor's chain value after those bytes. */
  readonly predecessorChain: number;
  /** No record below this sequence is in the segment when it is written for the first time. */
  readonly firstSequence: number;
  /** Milliseconds since the epoch, for people only. */
  readonly createdAt: number;
}

/** A new buffer of 128 bytes. */
export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_HEADER_BYTES);
  encodeFileHeader(bytes, FileKind.segment, SEGMENT_HEADER_BYTES, header.identity);
  const view = new LayoutView(segmentHeaderLayout, bytes);
  view.set('segmentId', header.segmentId);
  view.set('slot', header.slot);
  view.set('keyHashSeed', header.keyHashSeed);
  view.set('predecessorId', header.predecessorId);
  view.set('predecessorBytes', header.predecessorBytes);
  view.set('predecessorChain', header.predecessorChain);
  view.set('firstSequence', header.firstSequence);
  view.set('createdAt', header.createdAt);
  sealHeader(bytes);
  return bytes;
}

export type SegmentHeaderReading =
  | { readonly kind: 'ok'; readonly header: SegmentHeader }
  | { readonly kind: 'damaged'; readonly expected: string; readonly actual: string };

/** Reads what {@link encodeSegmentHeader} wrote. Throws `STORAGE_FORMAT_UNSUPPORTED`. */
export function decodeSegmentHeader(bytes: Uint8Array): SegmentHeaderReading {
  const reading = decodeFileHeader(bytes, FileKind.segment, SEGMENT_HEADER_BYTES);
  if (reading.kind === 'damaged') return reading;
  const view = new LayoutView(segmentHeaderLayout, bytes);
  const header: SegmentHeader = {
    identity: reading.identity,
    segmentId: view.get('segmentId'),
    slot: view.get('slot'),
    keyHashSeed: view.get('keyHashSeed'),
    predecessorId: view.get('predecessorId'),
    predecessorBytes: view.get('predecessorBytes'),
    predecessorChain: view.get('predecessorChain'),
    firstSequence: view.get('firstSequence'),
    createdAt: view.get('createdAt'),
  };
  return { kind: 'ok', header };
}

/** The seed of all checksums inside the segment: its salt and its id. */
export function segmentSeed(header: SegmentHeader): number {
  assert(header.identity.salt.length === 16, 'a salt has 16 bytes');
  return crc32(header.identity.salt, header.segmentId >>> 0);
}

/**
 * The chain value before the first group: the checksum of the header as it lies in the file, at the start of `bytes`.
 * A header of a newer minor version may say more than {@link SegmentHeader} holds.
 */
export function chainStart(bytes: Uint8Array): number {
  return new LayoutView(segmentHeaderLayout, bytes).get('checksum');
}
