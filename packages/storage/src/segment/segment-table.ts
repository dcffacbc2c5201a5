/**
 * The segments of a store, in log order and by the slot of their addresses, as this thread knows them. What threads
 * share is the blocks: a slot whose block names no segment is free.
 */
import { assert, CodedError } from '@htkv/base';

import type { ControlMemory } from '../control/shared-memory.ts';
import { Field } from '../control/store-fields.ts';
import { SLOT_COUNT } from '../format/geometry.ts';
import type { SegmentHeader } from '../format/segment-header.ts';
import type { FileSystem } from '../fs/file-system.ts';
import { Segment } from './segment.ts';

export class SegmentTable {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #control: ControlMemory;
  #inOrder: Segment[] = [];
  readonly #bySlot: (Segment | undefined)[] = [];
  /** The version of the shared table that `#inOrder` shows. */
  #version = 0;
  #slotHint = 0;

  constructor(fileSystem: FileSystem, directory: string, control: ControlMemory) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#control = control;
  }

  /** All that have a slot, in log order; borrowed, and not to be changed. */
  get inOrder(): readonly Segment[] {
    this.#refresh();
    return this.#inOrder;
  }

  /** Those that make up the log, in its order. */
  get inLog(): readonly Segment[] {
    return this.inOrder.filter((segment) => !segment.isCondemned);
  }

  get last(): Segment | undefined {
    this.#refresh();
    return this.#inOrder.at(-1);
  }

  /** The segment that is appended to. */
  get active(): Segment | undefined {
    const active = this.#control.block.get(Field.active);
    return active === 0 ? undefined : this.at(active - 1);
  }

  /** Adds an empty segment behind all others. `chain` is the chain value of its header. */
  add(header: SegmentHeader, chain: number): Segment {
    const { slot } = header;
    const block = this.#control.segmentBlock(slot);
    assert(Segment.idIn(block) === 0, 'a slot holds one segment');
    this.#refresh();
    Segment.describe(block, header, chain);
    const segment = new Segment(this.#fileSystem, this.#directory, slot, block);
    this.#inOrder.push(segment);
    this.#bySlot[slot] = segment;
    this.#changed();
    return segment;
  }

  /** Takes out the last segment and closes its file. */
  removeLast(): void {
    const { last } = this;
    assert(last !== undefined, 'there is a segment to remove');
    this.remove(last);
  }

  /** Takes out a segment, whose slot is free then, and closes its file. No page of it is in memory. */
  remove(segment: Segment): void {
    this.#refresh();
    this.#inOrder = this.#inOrder.filter((other) => other !== segment);
    this.#bySlot[segment.slot] = undefined;
    this.#control.garbage[segment.slot] = 0;
    this.#control.coldStates[segment.slot] = 0;
    segment.forget();
    segment.close();
    this.#changed();
  }

  /** The segment in a slot, in this thread's turn: an address names one that exists. */
  at(slot: number): Segment {
    // Another thread may have given the slot to another segment since.
    this.#refresh();
    const segment = this.#bySlot[slot] ?? this.#find(slot);
    assert(segment !== undefined, 'an address names a segment that exists');
    return segment;
  }

  /** The segment in a slot, for any thread at any time; undefined if the slot has none now. */
  find(slot: number): Segment | undefined {
    const known = this.#bySlot[slot];
    if (known?.isPresent === true) return known;
    known?.close();
    this.#bySlot[slot] = undefined;
    return this.#find(slot);
  }

  /** A slot without a segment. Throws `STORAGE_FULL` when all are taken. */
  freeSlot(): number {
    const taken = new Set(this.inOrder.map((segment) => segment.slot));
    for (let tried = 0; tried < SLOT_COUNT; tried += 1) {
      const slot = (this.#slotHint + tried) % SLOT_COUNT;
      if (taken.has(slot)) continue;
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
    for (const segment of this.#bySlot) segment?.close();
  }

  /** Finishes what a thread that died had begun: it may have added or removed a segment without saying so. */
  repair(): void {
    this.#changed();
    this.#version = -1;
    this.#refresh();
  }

  #find(slot: number): Segment | undefined {
    const block = this.#control.segmentBlock(slot);
    if (Segment.idIn(block) === 0) return undefined;
    const segment = new Segment(this.#fileSystem, this.#directory, slot, block);
    this.#bySlot[slot] = segment;
    return segment;
  }

  #changed(): void {
    this.#version = this.#control.block.get(Field.segmentsVersion) + 1;
    this.#control.block.set(Field.segmentsVersion, this.#version);
  }

  /** Looks at the slots again if another thread has added or removed a segment. */
  #refresh(): void {
    const version = this.#control.block.get(Field.segmentsVersion);
    if (version === this.#version) return;
    this.#version = version;
    const found: Segment[] = [];
    for (let slot = 0; slot < SLOT_COUNT; slot += 1) {
      const segment = this.find(slot);
      if (segment !== undefined) found.push(segment);
    }
    this.#inOrder = found.sort((one, other) => one.segmentId - other.segmentId);
  }
}
