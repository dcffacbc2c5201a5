/**
 * The manifest: which segments make up the log, in order, and how much of each is proven durable. One file per
 * generation, written once and never changed; the newest one that checks out counts. Nothing depends on renaming.
 */
import { crc32 } from '../checksum/crc32.ts';
import {
  decodeFileHeader,
  encodeFileHeader,
  FileKind,
  FORMAT_MAJOR,
  formatUnsupported,
  sealHeader,
  type FileIdentity,
} from './file-header.ts';
import { PAGE_LOG2_MAX, PAGE_LOG2_MIN, SLOT_LOG2, UNIT_LOG2 } from './geometry.ts';
import { defineLayout, LayoutView, type Layout } from './layout.ts';

type ManifestField =
  | 'fileHeader'
  | 'generation'
  | 'fileBytes'
  | 'keyHashSeed'
  | 'unitLog2'
  | 'pageLog2'
  | 'slotLog2'
  | 'flags'
  | 'segmentCount'
  | 'nextSegmentId'
  | 'nextValueId'
  | 'highestVersion'
  | 'lastSequence'
  | 'clockHighWater'
  | 'checkpointId'
  | 'historyFrom'
  | 'reserved'
  | 'checksum';

export const manifestLayout: Layout<ManifestField> = defineLayout(192, {
  fileHeader: 64,
  generation: 8,
  fileBytes: 4,
  keyHashSeed: 4,
  unitLog2: 1,
  pageLog2: 1,
  slotLog2: 1,
  flags: 1,
  segmentCount: 4,
  nextSegmentId: 8,
  nextValueId: 8,
  highestVersion: 8,
  lastSequence: 8,
  clockHighWater: 8,
  checkpointId: 8,
  historyFrom: 8,
  reserved: 44,
  checksum: 4,
});

type ManifestEntryField =
  | 'segmentId'
  | 'slot'
  | 'state'
  | 'reserved'
  | 'bytes'
  | 'chain'
  | 'firstSequence'
  | 'lastSequence'
  | 'recordCount'
  | 'deleteCount';

export const manifestEntryLayout: Layout<ManifestEntryField> = defineLayout(48, {
  segmentId: 8,
  slot: 4,
  state: 1,
  reserved: 3,
  bytes: 4,
  chain: 4,
  firstSequence: 8,
  lastSequence: 8,
  recordCount: 4,
  deleteCount: 4,
});

const MANIFEST_HEADER_BYTES = manifestLayout.totalBytes;
const ENTRY_BYTES = manifestEntryLayout.totalBytes;

/** `clean`: the store was closed in good order. `incomplete`: it is being filled, and holds only a part. */
export const ManifestFlag = { clean: 1, incomplete: 2 } as const;

/**
 * `active`: being written, `bytes` of it are proven. `sealed`: complete, with a footer behind `bytes`. `cut`: ended
 * without a footer; what lies behind `bytes` does not belong to the log.
 */
export const SegmentState = { active: 1, sealed: 2, cut: 3 } as const;
export type SegmentState = (typeof SegmentState)[keyof typeof SegmentState];

export interface ManifestEntry {
  readonly segmentId: number;
  readonly slot: number;
  readonly state: SegmentState;
  /** Bytes of the segment, from its first, that are proven durable and belong to the log. */
  readonly bytes: number;
  /** Chain value after those bytes. */
  readonly chain: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly recordCount: number;
  readonly deleteCount: number;
}

export interface Manifest {
  readonly identity: FileIdentity;
  readonly generation: number;
  readonly keyHashSeed: number;
  readonly pageLog2: number;
  /** The store was closed in good order: the log ends exactly where the entries say. */
  readonly clean: boolean;
  /** The store was being filled, and what it holds is a part of what it was to hold. */
  readonly incomplete: boolean;
  /** In log order; at most one, the last, is active. */
  readonly segments: readonly ManifestEntry[];
  readonly nextSegmentId: number;
  readonly nextValueId: number;
  readonly highestVersion: number;
  readonly lastSequence: number;
  /** The latest time, in milliseconds since the epoch, that the store has acted on. */
  readonly clockHighWater: number;
  /** The checkpoint to begin recovery with; 0 for none. */
  readonly checkpointId: number;
  /**
   * From this place of the commit order on the log has every write that was ever made; 0 where that is not known, in
   * manifests of versions that did not keep it.
   */
  readonly historyFrom: number;
}

/** A new buffer: 192 bytes, 48 per segment, and a checksum of 4. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  const fileBytes = MANIFEST_HEADER_BYTES + manifest.segments.length * ENTRY_BYTES + 4;
  const bytes = new Uint8Array(fileBytes);
  encodeFileHeader(bytes, FileKind.manifest, MANIFEST_HEADER_BYTES, manifest.identity);
  const view = new LayoutView(manifestLayout, bytes);
  view.set('generation', manifest.generation);
  view.set('fileBytes', fileBytes);
  view.set('keyHashSeed', manifest.keyHashSeed);
  view.set('unitLog2', UNIT_LOG2);
  view.set('pageLog2', manifest.pageLog2);
  view.set('slotLog2', SLOT_LOG2);
  view.set('flags', flagsOf(manifest));
  view.set('segmentCount', manifest.segments.length);
  view.set('nextSegmentId', manifest.nextSegmentId);
  view.set('nextValueId', manifest.nextValueId);
  view.set('highestVersion', manifest.highestVersion);
  view.set('lastSequence', manifest.lastSequence);
  view.set('clockHighWater', manifest.clockHighWater);
  view.set('checkpointId', manifest.checkpointId);
  view.set('historyFrom', manifest.historyFrom);
  sealHeader(bytes.subarray(0, MANIFEST_HEADER_BYTES));
  manifest.segments.forEach((segment, index) => {
    const offset = MANIFEST_HEADER_BYTES + index * ENTRY_BYTES;
    const entry = new LayoutView(manifestEntryLayout, bytes.subarray(offset, offset + ENTRY_BYTES));
    for (const field of ENTRY_FIELDS) entry.set(field, segment[field]);
  });
  const end = new DataView(bytes.buffer);
  end.setUint32(fileBytes - 4, crc32(bytes.subarray(0, fileBytes - 4)), true);
  return bytes;
}

function flagsOf({ clean, incomplete }: Manifest): number {
  return (clean ? ManifestFlag.clean : 0) | (incomplete ? ManifestFlag.incomplete : 0);
}

const ENTRY_FIELDS = [
  'segmentId',
  'slot',
  'state',
  'bytes',
  'chain',
  'firstSequence',
  'lastSequence',
  'recordCount',
  'deleteCount',
] as const;

export type ManifestReading =
  | { readonly kind: 'ok'; readonly manifest: Manifest; readonly readOnlyFeatures: number }
  | { readonly kind: 'damaged'; readonly expected: string; readonly actual: string };

/** Reads what {@link encodeManifest} wrote; `bytes` is the whole file. Throws `STORAGE_FORMAT_UNSUPPORTED`. */
export function decodeManifest(bytes: Uint8Array): ManifestReading {
  const reading = decodeFileHeader(bytes, FileKind.manifest, MANIFEST_HEADER_BYTES);
  if (reading.kind === 'damaged') return reading;
  const view = new LayoutView(manifestLayout, bytes);
  const segmentCount = view.get('segmentCount');
  const fileBytes = MANIFEST_HEADER_BYTES + segmentCount * ENTRY_BYTES + 4;
  if (view.get('fileBytes') !== fileBytes || bytes.length !== fileBytes) {
    return { kind: 'damaged', expected: `a manifest of ${fileBytes} bytes`, actual: `${bytes.length} bytes` };
  }
  const stored = new DataView(bytes.buffer, bytes.byteOffset).getUint32(fileBytes - 4, true);
  if (crc32(bytes.subarray(0, fileBytes - 4)) !== stored) {
    return { kind: 'damaged', expected: 'a manifest that matches its checksum', actual: 'another checksum' };
  }
  refuseGeometry(view);
  const segments: ManifestEntry[] = [];
  for (let index = 0; index < segmentCount; index += 1) {
    const offset = MANIFEST_HEADER_BYTES + index * ENTRY_BYTES;
    const entry = new LayoutView(manifestEntryLayout, bytes.subarray(offset, offset + ENTRY_BYTES));
    const numbers = Object.fromEntries(ENTRY_FIELDS.map((field) => [field, entry.get(field)]));
    segments.push(numbers as unknown as ManifestEntry);
  }
  const manifest: Manifest = {
    identity: reading.identity,
    generation: view.get('generation'),
    keyHashSeed: view.get('keyHashSeed'),
    pageLog2: view.get('pageLog2'),
    clean: (view.get('flags') & ManifestFlag.clean) !== 0,
    incomplete: (view.get('flags') & ManifestFlag.incomplete) !== 0,
    segments,
    nextSegmentId: view.get('nextSegmentId'),
    nextValueId: view.get('nextValueId'),
    highestVersion: view.get('highestVersion'),
    lastSequence: view.get('lastSequence'),
    clockHighWater: view.get('clockHighWater'),
    checkpointId: view.get('checkpointId'),
    historyFrom: view.get('historyFrom'),
  };
  return { kind: 'ok', manifest, readOnlyFeatures: reading.readOnlyFeatures };
}

/** Addresses mean what they say only in the geometry that they were made in. */
function refuseGeometry(view: LayoutView<ManifestField>): void {
  const [unitLog2, pageLog2, slotLog2] = [view.get('unitLog2'), view.get('pageLog2'), view.get('slotLog2')];
  if (
    unitLog2 === UNIT_LOG2 &&
    slotLog2 === SLOT_LOG2 &&
    pageLog2 >= PAGE_LOG2_MIN &&
    pageLog2 <= PAGE_LOG2_MAX
  )
    return;
  throw formatUnsupported(`${FORMAT_MAJOR}, geometry ${unitLog2}/${pageLog2}/${slotLog2}`, 0);
}
