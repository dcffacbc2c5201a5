/**
 * The first 64 bytes of every file of a store: what it is, which format, whose. Format 1.0.
 *
 * The magic follows PNG's: a byte above 0x7F and both line endings show a file that a text-mode transfer mangled.
 * Features follow ext4's three sets: unknown compatible ones are ignored, with unknown read-only-compatible ones a
 * store is opened for reading only, unknown incompatible ones refuse it by name. This version knows none. The bits of
 * a store are those of its manifest, which carries the union of the bits of all its files.
 */
import { CodedError } from '@htkv/base';

import { crc32 } from '../checksum/crc32.ts';
import { defineLayout, LayoutView, type Layout } from './layout.ts';

export const FORMAT_MAJOR = 1;
export const FORMAT_MINOR = 0;

const MAGIC: Uint8Array = Uint8Array.of(0x89, 0x48, 0x54, 0x4b, 0x56, 0x0d, 0x0a, 0x1a);

/** Kinds of file. A value, once used, never changes its meaning. */
export const FileKind = { segment: 1, manifest: 2, value: 3, checkpoint: 4 } as const;
export type FileKind = (typeof FileKind)[keyof typeof FileKind];

type FileHeaderField =
  | 'magic'
  | 'formatMajor'
  | 'formatMinor'
  | 'fileKind'
  | 'featuresCompatible'
  | 'featuresReadOnlyCompatible'
  | 'featuresIncompatible'
  | 'headerBytes'
  | 'storeId'
  | 'salt';

export const fileHeaderLayout: Layout<FileHeaderField> = defineLayout(64, {
  magic: 8,
  formatMajor: 2,
  formatMinor: 2,
  fileKind: 4,
  featuresCompatible: 4,
  featuresReadOnlyCompatible: 4,
  featuresIncompatible: 4,
  headerBytes: 4,
  storeId: 16,
  salt: 16,
});

export interface FileIdentity {
  /** 16 random bytes that name the store: files of another store are never mixed in. */
  readonly storeId: Uint8Array;
  /** 16 random bytes of this file, the seed of its checksums. */
  readonly salt: Uint8Array;
}

/** Writes the common header into the first 64 bytes of `target`. */
export function encodeFileHeader(
  target: Uint8Array,
  kind: FileKind,
  headerBytes: number,
  identity: FileIdentity,
): void {
  const view = new LayoutView(fileHeaderLayout, target);
  view.setBytes('magic', MAGIC);
  view.set('formatMajor', FORMAT_MAJOR);
  view.set('formatMinor', FORMAT_MINOR);
  view.set('fileKind', kind);
  view.set('headerBytes', headerBytes);
  view.setBytes('storeId', identity.storeId);
  view.setBytes('salt', identity.salt);
}

/**
 * What is wrong with a header, or what it carries. Says nothing about damage: the caller knows the file.
 * `readOnlyFeatures` are the bits of features that this version does not know and may not write beside.
 */
export type FileHeaderReading =
  | { readonly kind: 'ok'; readonly identity: FileIdentity; readonly readOnlyFeatures: number }
  | { readonly kind: 'damaged'; readonly expected: string; readonly actual: string };

/**
 * Reads the common header of a structure of `headerBytes` bytes whose last four bytes are its checksum.
 * Throws `STORAGE_FORMAT_UNSUPPORTED`, only once the checksum has shown that the file means what it says.
 */
export function decodeFileHeader(source: Uint8Array, kind: FileKind, headerBytes: number): FileHeaderReading {
  if (source.length < headerBytes) {
    return {
      kind: 'damaged',
      expected: `a header of ${headerBytes} bytes`,
      actual: `${source.length} bytes`,
    };
  }
  const view = new LayoutView(fileHeaderLayout, source);
  if (MAGIC.some((byte, index) => source[index] !== byte)) {
    return { kind: 'damaged', expected: 'the magic of an htkv file', actual: 'other bytes' };
  }
  const stated = view.get('headerBytes');
  const known = view.get('formatMajor') === FORMAT_MAJOR && stated === headerBytes;
  const checkedBytes = known ? headerBytes : stated;
  if (checkedBytes < fileHeaderLayout.totalBytes + 4 || checkedBytes > source.length) {
    return { kind: 'damaged', expected: `a header of ${headerBytes} bytes`, actual: `one of ${stated}` };
  }
  const storedChecksum = new DataView(source.buffer, source.byteOffset).getUint32(checkedBytes - 4, true);
  if (crc32(source.subarray(0, checkedBytes - 4)) !== storedChecksum) {
    return { kind: 'damaged', expected: 'a header that matches its checksum', actual: 'another checksum' };
  }
  refuseUnsupported(view);
  if (!known)
    return { kind: 'damaged', expected: `a header of ${headerBytes} bytes`, actual: `one of ${stated}` };
  if (view.get('fileKind') !== kind) {
    return { kind: 'damaged', expected: `file kind ${kind}`, actual: `file kind ${view.get('fileKind')}` };
  }
  return {
    kind: 'ok',
    identity: { storeId: view.slice('storeId').slice(), salt: view.slice('salt').slice() },
    readOnlyFeatures: view.get('featuresReadOnlyCompatible'),
  };
}

/** Puts the checksum of a header into its last four bytes. */
export function sealHeader(header: Uint8Array): number {
  const checksum = crc32(header.subarray(0, header.length - 4));
  new DataView(header.buffer, header.byteOffset).setUint32(header.length - 4, checksum, true);
  return checksum;
}

function refuseUnsupported(view: LayoutView<FileHeaderField>): void {
  const major = view.get('formatMajor');
  const features = view.get('featuresIncompatible');
  if (major === FORMAT_MAJOR && features === 0) return;
  throw formatUnsupported(`${major}.${view.get('formatMinor')}`, features);
}

/** The refusal of a store that a newer version wrote. `features` are the bits that this version does not know. */
export function formatUnsupported(found: string, features: number): CodedError {
  return new CodedError(
    'STORAGE_FORMAT_UNSUPPORTED',
    `the store has format ${found} with feature bits 0x${features.toString(16)}; ` +
      `this version handles format ${FORMAT_MAJOR}.${FORMAT_MINOR} without feature bits: use a newer version`,
    { details: { expected: `${FORMAT_MAJOR}.${FORMAT_MINOR}`, found, features } },
  );
}
