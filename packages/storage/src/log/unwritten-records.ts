/** What was appended and may be taken back, in its image in memory: its records, and what becomes of it. */
import { itemBytes, itemType, RecordType } from '../format/record.ts';
import { addressOf } from './address.ts';
import { pieces } from './group-writer.ts';
import type { PageRing } from './page-ring.ts';

/** Addresses of the sets and deletes between two offsets of the segment in `slot`, whose pages are in memory. */
export function recordsBetween(ring: PageRing, slot: number, start: number, end: number): number[] {
  const addresses: number[] = [];
  for (let offset = start; offset < end;) {
    const address = addressOf(slot, offset);
    const at = ring.at(address);
    const type = itemType(ring.view, at);
    if (type === RecordType.set || type === RecordType.delete) addresses.push(address);
    offset += itemBytes(ring.view, at);
  }
  return addresses;
}

/** Makes a range of the segment in `slot` that was given up read as if nothing was written there. */
export function zeroBetween(ring: PageRing, slot: number, start: number, end: number): void {
  for (const { offset, bytes } of pieces(ring.pageBytes, start, end)) {
    const at = ring.at(addressOf(slot, offset));
    ring.bytes.fill(0, at, at + bytes);
  }
}
