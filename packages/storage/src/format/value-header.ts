/**
 * The first 128 bytes of a value file: one value too large for a page, alone in its file. The value's bytes follow.
 */
import {
  decodeFileHeader,
  encodeFileHeader,
  FileKind,
  sealHeader,
  type FileIdentity,
} from './file-header.ts';
import { defineLayout, LayoutView, type Layout } from './layout.ts';

type ValueHeaderField = 'fileHeader' | 'valueId' | 'valueBytes' | 'valueChecksum' | 'reserved' | 'checksum';

export const valueHeaderLayout: Layout<ValueHeaderField> = defineLayout(128, {
  fileHeader: 64,
  valueId: 8,
  valueBytes: 8,
  valueChecksum: 4,
  reserved: 40,
  checksum: 4,
});

export const VALUE_HEADER_BYTES: number = valueHeaderLayout.totalBytes;

export interface ValueHeader {
  readonly identity: FileIdentity;
  readonly valueId: number;
  readonly valueBytes: number;
  /** CRC-32 of the value, seeded with the low half of its id. */
  readonly valueChecksum: number;
}

/** A new buffer of 128 bytes. */
export function encodeValueHeader(header: ValueHeader): Uint8Array {
  const bytes = new Uint8Array(VALUE_HEADER_BYTES);
  encodeFileHeader(bytes, FileKind.value, VALUE_HEADER_BYTES, header.identity);
  const view = new LayoutView(valueHeaderLayout, bytes);
  view.set('valueId', header.valueId);
  view.set('valueBytes', header.valueBytes);
  view.set('valueChecksum', header.valueChecksum);
  sealHeader(bytes);
  return bytes;
}

export type ValueHeaderReading =
  | { readonly kind: 'ok'; readonly header: ValueHeader }
  | { readonly kind: 'damaged'; readonly expected: string; readonly actual: string };

/** Reads what {@link encodeValueHeader} wrote. Throws `STORAGE_FORMAT_UNSUPPORTED`. */
export function decodeValueHeader(bytes: Uint8Array): ValueHeaderReading {
  const reading = decodeFileHeader(bytes, FileKind.value, VALUE_HEADER_BYTES);
  if (reading.kind === 'damaged') return reading;
  const view = new LayoutView(valueHeaderLayout, bytes);
  const header: ValueHeader = {
    identity: reading.identity,
    valueId: view.get('valueId'),
    valueBytes: view.get('valueBytes'),
    valueChecksum: view.get('valueChecksum'),
  };
  return { kind: 'ok', header };
}
