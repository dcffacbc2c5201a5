/**
 * From writes to records: gives each its place in the commit order, lays it into the log, and points the index at it.
 */
import { CodedError } from '@htkv/base';

import { inlineValueBytesMax } from './format/geometry.ts';
import { RecordType, type RecordHead, type ValuePointer } from './format/record.ts';
import type { HybridLog } from './log/hybrid-log.ts';
import type { StoreParts } from './store-parts.ts';
import { bytesOfWrite, type RecordWrite } from './stored-record.ts';

const NO_POINTERS: readonly undefined[] = [];

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
  readonly #inlineBytesMax: number;

  constructor(parts: StoreParts, log: HybridLog) {
    this.#parts = parts;
    this.#log = log;
    this.#inlineBytesMax = inlineValueBytesMax(parts.pageLog2);
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
      this.#appendAll(writes, NO_POINTERS);
      return;
    }
    const pointers = writes.map((write) => this.#separate(write));
    this.#log.reserve(writes.map((write, index) => bytesOfWrite(write, pointers[index] !== undefined)));
    this.#appendAll(writes, pointers);
  }

  /** Room is reserved: whatever fails now is a record on disk that could not be read. */
  #appendAll(writes: readonly RecordWrite[], pointers: readonly (ValuePointer | undefined)[]): void {
    const { progress } = this.#parts;
    const { tail } = this.#log;
    const { lastSequence } = progress;
    try {
      for (let index = 0; index < writes.length; index += 1) this.#appendOne(writes[index]!, pointers[index]);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      this.#takeBack(tail, lastSequence);
      throw new AppendRefused(error);
    }
  }

  /** Makes the log and the index what they were before a batch; half of it is never seen. */
  #takeBack(tail: number, lastSequence: number): void {
    const { reader, index, progress } = this.#parts;
    for (const address of this.#log.unwritten(tail).reverse()) {
      reader.open(address);
      index.retreat(address, reader.head());
    }
    this.#log.rewind(tail, lastSequence);
    progress.lastSequence = lastSequence;
  }

  #appendOne(write: RecordWrite, pointer: ValuePointer | undefined): void {
    const { index, progress } = this.#parts;
    const previous = index.findAgain(write.key);
    progress.lastSequence += 1;
    if (write.version > progress.highestVersion) progress.highestVersion = write.version;
    const isSet = write.type === 'set';
    const head: RecordHead = {
      type: isSet ? RecordType.set : RecordType.delete,
      keyBytes: write.key.length,
      valueBytes: isSet ? write.value.length : 0,
      keyHash: index.soughtHash >>> 0,
      previous,
      sequence: progress.lastSequence,
      version: write.version,
      timestamp: write.timestamp,
      expiresAt: isSet ? write.expiresAt : undefined,
      separated: pointer !== undefined,
    };
    const value = pointer ?? (isSet ? write.value : undefined);
    index.advance(this.#log.append(head, write.key, value), head);
  }

  /** Puts a value that is too large for the log into a file of its own. */
  #separate(write: RecordWrite): ValuePointer | undefined {
    return write.type === 'set' && this.#isLarge(write) ? this.#parts.values.write(write.value) : undefined;
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
