/**
 * The segments of a store, in log order and by the slot of their addresses.
 */
import { assert, CodedError } from '@htkv/base';

import { SLOT_COUNT } from '../format/geometry.ts';
import type { Segment } from './segment.ts';

export class SegmentTable {
  readonly #inOrder: Segment[] = [];
  readonly #bySlot = new Map<number, Segment>();
  /** Ids are never used again, not even those of segments that came to nothing. */
  nextSegmentId: number;
  #slotHint = 0;

  constructor(nextSegmentId: number) {
    this.nextSegmentId = nextSegmentId;
  }

  /** In log order; borrowed, and not to be changed. */
  get inOrder(): readonly Segment[] {
    return this.#inOrder;
  }

  get last(): Segment | undefined {
    return this.#inOrder.at(-1);
  }

  /** Adds a segment behind all others. */
  add(segment: Segment): void {
    assert(!this.#bySlot.has(segment.header.slot), 'a slot holds one segment');
    this.#inOrder.push(segment);
    this.#bySlot.set(segment.header.slot, segment);
  }

  /** Takes out the last segment. */
  removeLast(): void {
    const segment = this.#inOrder.pop();
    assert(segment !== undefined, 'there is a segment to remove');
    this.#bySlot.delete(segment.header.slot);
  }

  at(slot: number): Segment {
    const segment = this.#bySlot.get(slot);
    assert(segment !== undefined, 'an address names a segment that exists');
    return segment;
  }

  /** A slot without a segment. Throws `STORAGE_FULL` when all are taken. */
  freeSlot(): number {
    for (let tried = 0; tried < SLOT_COUNT; tried += 1) {
      const slot = (this.#slotHint + tried) % SLOT_COUNT;
      if (this.#bySlot.has(slot)) continue;
      this.#slotHint = slot + 1;
      return slot;
    }
    throw new CodedError(
      'STORAGE_FULL',
      `the store has ${SLOT_COUNT} segments, which is the most it can address`,
      {
        details: { segments: SLOT_COUNT },
      },
    );
  }

  close(): void {
    for (const segment of this.#inOrder) segment.close();
  }
}
