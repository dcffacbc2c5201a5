/**
 * From writes to records: gives each its place in the commit order, lays it into the log, and points the index at it.
 *
 * A record is appended in three steps: it is laid behind the tail, where nobody looks; it becomes part of the log,
 * together with every number that depends on it, in one transition of the control block; the index learns of it.
 * Whoever is cut off between two of them leaves what `repair` completes. A batch is marked as being appended until
 * its last record is in the index; what a dead thread leaves of one is taken back.
 */
import { CodedError } from '@htkv/base';

import type { ControlBlock } from './control/control-block.ts';
import { Field } from './control/store-fields.ts';
import { inlineValueBytesMax } from './format/geometry.ts';
import { recordBytes, RecordType, type RecordHead, type ValuePointer } from './format/record.ts';
import { addressOf } from './log/address.ts';
import type { HybridLog } from './log/hybrid-log.ts';
import type { StoreParts } from './store-parts.ts';
import { bytesOfWrite, type RecordWrite } from './stored-record.ts';

const NO_POINTERS: readonly undefined[] = [];

/** A record of the log. */
export interface RecordPlace {
  readonly head: RecordHead;
  readonly address: number;
  /** What it takes in the log. */
  readonly bytes: number;
}

/** A record of the log, in an image of the part of its segment that it lies in. */
export interface LocatedRecord extends RecordPlace {
  readonly image: Int32Array;
  /** Byte of the image where it begins. */
  readonly from: number;
}

/** A record that was needed could not be read, and nothing was appended. `cause` is what the reader threw. */
export class AppendRefused extends Error {
  override readonly cause: CodedError;

  constructor(cause: CodedError) {
    super('nothing was appended', { cause });
    this.cause = cause;
  }
}

export class RecordAppender {
  readonly #parts: StoreParts;
  readonly #log: HybridLog;
  readonly #control: ControlBlock;
  readonly #inlineBytesMax: number;

  constructor(parts: StoreParts, log: HybridLog) {
    this.#parts = parts;
    this.#log = log;
    this.#control = parts.control.block;
    this.#inlineBytesMax = inlineValueBytesMax(parts.identity.pageLog2);
  }

  /**
   * Appends writes, of which there is at least one, as one atomic unit. Throws with nothing appended: what writing a
   * value and reserving room throws, `STORAGE_FULL`, and an {@link AppendRefused}.
   */
  append(writes: readonly RecordWrite[]): void {
    this.#requireIndexRoom(writes.length);
    const only = writes.length === 1 ? writes[0]! : undefined;
    if (only !== undefined && !this.#isLarge(only)) {
      this.#log.reserveOne(bytesOfWrite(only, false));
      this.#appendOnly(only, undefined);
      return;
    }
    const pointers = writes.some((write) => this.#isLarge(write))
      ? writes.map((write) => this.#separate(write))
      : NO_POINTERS;
    this.#log.reserve(writes.map((write, index) => bytesOfWrite(write, pointers[index] !== undefined)));
    if (only === undefined) this.#appendBatch(writes, pointers);
    else this.#appendOnly(only, pointers[0]);
  }

  /** Writes a record again as it was; there is room for it. */
  rewrite(head: RecordHead, key: Uint8Array, value: Uint8Array | ValuePointer | undefined): void {
    const { index } = this.#parts;
    const renewed = { ...head, previous: index.findForWriting(key) };
    this.#appendRecord(renewed, key, value);
  }

  /**
   * Copies the newest record of a key to the end of the log, as it was, and returns the copy's address. Throws what
   * reserving room throws, with nothing copied.
   */
  relocate(record: LocatedRecord): number {
    const { index } = this.#parts;
    const { image, from, bytes, head, address } = record;
    this.#log.reserveOne(bytes);
    const copy = this.#log.stageCopy(image, from, bytes, address);
    index.stageMove(address, copy, head);
    this.#publishMove(record, copy, bytes);
    return copy;
  }

  /**
   * As {@link relocate}, of a record whose deadline passed long ago: only that the key is gone, and since which version,
   * is copied. `key` is its key.
   */
  relocateAsDelete(record: RecordPlace, key: Uint8Array): number {
    const { head, address } = record;
    const deletion: RecordHead = {
      ...head,
      type: RecordType.delete,
      valueBytes: 0,
      previous: address,
      timestamp: head.expiresAt ?? head.timestamp,
      expiresAt: undefined,
      separated: false,
      relocated: true,
      continued: undefined,
    };
    const bytes = recordBytes(head.keyBytes, 0, false, false);
    this.#log.reserveOne(bytes);
    const copy = this.#log.stage(deletion, key, undefined);
    this.#parts.index.stageMove(address, copy, head, deletion);
    this.#publishMove(record, copy, bytes);
    return copy;
  }

  #publishMove({ head, address, bytes }: RecordPlace, copy: number, copiedBytes: number): void {
    const control = this.#control;
    control.stage(Field.bytesRelocated, control.get(Field.bytesRelocated) + copiedBytes);
    control.publish();
    this.#parts.index.move(head.keyHash, address, copy, bytes);
  }

  /**
   * Takes the key of a record, its newest, out of the index: it is deleted or past its deadline, and nobody can tell
   * from a key that was never there. The caller has said that keys are being dropped.
   */
  drop({ head, address }: LocatedRecord): void {
    const { index } = this.#parts;
    const control = this.#control;
    index.stageDrop(address, head);
    control.stage(Field.keysDropped, control.get(Field.keysDropped) + 1);
    control.publish();
    index.drop(head.keyHash, address);
  }

  /**
   * Completes or takes back what a thread that died in the middle of an append has left: the record appended last is
   * in the index, or a batch that was being appended is gone.
   */
  repair(): void {
    const { reader, index, segments } = this.#parts;
    const lastRecord = this.#control.get(Field.lastRecord);
    const { active } = segments;
    if (active !== undefined && lastRecord >= active.bytes && lastRecord < this.#log.tail && lastRecord > 0) {
      const address = addressOf(active.slot, lastRecord);
      reader.open(address);
      const head = reader.head();
      index.ensure(address, head, reader.key(head).slice());
    }
    if (this.#control.get(Field.droppingKeys) === 1) {
      index.recount();
      this.#control.set(Field.droppingKeys, 0);
    }
    if (this.#control.get(Field.batch) === 0) return;
    this.#takeBack(this.#control.get(Field.batchTail), this.#control.get(Field.batchLastSequence));
    index.recount();
  }

  #appendOnly(write: RecordWrite, pointer: ValuePointer | undefined): void {
    try {
      this.#appendOne(write, pointer, undefined);
    } catch (error) {
      this.#control.drop();
      throw error instanceof CodedError ? new AppendRefused(error) : error;
    }
  }

  /** Room is reserved: whatever fails now is a record on disk that could not be read. */
  #appendBatch(writes: readonly RecordWrite[], pointers: readonly (ValuePointer | undefined)[]): void {
    const control = this.#control;
    const { publication } = this.#parts;
    const { tail } = this.#log;
    const lastSequence = control.get(Field.lastSequence);
    control.stage(Field.batch, 1);
    control.stage(Field.batchTail, tail);
    control.stage(Field.batchLastSequence, lastSequence);
    control.publish();
    publication.begin(lastSequence + 1);
    try {
      const last = writes.length - 1;
      for (let index = 0; index < writes.length; index += 1) {
        this.#appendOne(writes[index]!, pointers[index], index < last ? true : undefined);
      }
    } catch (error) {
      control.drop();
      if (!(error instanceof CodedError)) throw error;
      this.#takeBack(tail, lastSequence);
      throw new AppendRefused(error);
    }
    control.set(Field.batch, 0);
    publication.end();
  }

  /** Makes the log and the index what they were before a batch; half of it is never seen. */
  #takeBack(tail: number, lastSequence: number): void {
    const { reader, index, publication } = this.#parts;
    for (const address of this.#log.unwritten(tail).reverse()) {
      reader.open(address);
      index.retreat(address, reader.head());
    }
    // Who still reads what is taken back learns that it was, before the bytes go.
    publication.end();
    this.#control.stage(Field.batch, 0);
    this.#control.stage(Field.lastSequence, lastSequence);
    this.#log.rewind(tail, lastSequence);
  }

  #appendOne(write: RecordWrite, pointer: ValuePointer | undefined, continued: true | undefined): void {
    const { index } = this.#parts;
    const previous = index.findAgain(write.key);
    const isSet = write.type === 'set';
    const head: RecordHead = {
      type: isSet ? RecordType.set : RecordType.delete,
      keyBytes: write.key.length,
      valueBytes: isSet ? write.value.length : 0,
      keyHash: index.soughtHash >>> 0,
      previous,
      sequence: this.#control.get(Field.lastSequence) + 1,
      version: write.version,
      timestamp: write.timestamp,
      expiresAt: isSet ? write.expiresAt : undefined,
      separated: pointer !== undefined,
      continued,
    };
    this.#appendRecord(head, write.key, pointer ?? (isSet ? write.value : undefined));
  }

  #appendRecord(head: RecordHead, key: Uint8Array, value: Uint8Array | ValuePointer | undefined): void {
    const { index } = this.#parts;
    const control = this.#control;
    const address = this.#log.stage(head, key, value);
    index.stage(address, head);
    if (head.sequence > control.get(Field.lastSequence)) control.stage(Field.lastSequence, head.sequence);
    if (head.version > control.get(Field.highestVersion)) control.stage(Field.highestVersion, head.version);
    control.publish();
    index.point(address, head.previous);
  }

  /** Puts a value that is too large for the log into a file of its own. */
  #separate(write: RecordWrite): ValuePointer | undefined {
    if (write.type !== 'set' || !this.#isLarge(write)) return undefined;
    const valueId = this.#control.get(Field.nextValueId);
    this.#control.set(Field.nextValueId, valueId + 1);
    return this.#parts.values.write(write.value, valueId);
  }

  #isLarge(write: RecordWrite): boolean {
    return write.type === 'set' && write.value.length > this.#inlineBytesMax;
  }

  #requireIndexRoom(count: number): void {
    if (this.#parts.index.hasRoomFor(count)) return;
    throw new CodedError('STORAGE_FULL', 'the index has no room for more keys', {
      details: { keys: this.#parts.index.keys },
    });
  }
}
