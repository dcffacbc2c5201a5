/**
 * What readers see: the newest visible record of a key, read without a lock while other threads write.
 *
 * A read notes the publication's count, finds the record, copies what it needs, and looks again: if nothing became
 * visible and the record's page is still where it was, what it has is true. Else it reads again. Records that are
 * pending are passed over, along the versions that each of them names; and so are, for who wants the store as it was at
 * a place of the commit order, those behind that place.
 */
import type { RecordHead, ValuePointer } from './format/record.ts';
import type { KeyIndex } from './index/key-index.ts';
import type { LogReader } from './log/log-reader.ts';
import type { Publication } from './session/publication.ts';
import type { StoreParts } from './store-parts.ts';
import { storedEntry, storedHead, type StoredEntry, type StoredHead } from './stored-record.ts';
import type { ValueFiles } from './value/value-files.ts';

/** What a look at a key came to. */
const Look = { absent: 0, found: 1, again: 2 } as const;
type Look = (typeof Look)[keyof typeof Look];

const EMPTY = new Uint8Array();

/** Place in the commit order of who wants the newest record. */
const NEWEST = Number.POSITIVE_INFINITY;

export class RecordView {
  readonly #index: KeyIndex;
  readonly #reader: LogReader;
  readonly #values: ValueFiles;
  readonly #publication: Publication;

  constructor(parts: Pick<StoreParts, 'index' | 'reader' | 'values' | 'publication'>) {
    this.#index = parts.index;
    this.#reader = parts.reader;
    this.#values = parts.values;
    this.#publication = parts.publication;
  }

  /** As all of these: the record that is the newest up to the place `upTo` of the commit order. */
  head(key: Uint8Array, upTo: number = NEWEST): StoredHead | undefined {
    for (;;) {
      const mark = this.#publication.mark;
      const look = this.#look(key, mark, upTo);
      const head = look === Look.found ? this.#reader.tryHead() : undefined;
      if (!this.#isTrue(look, mark)) continue;
      return head === undefined ? undefined : storedHead(head);
    }
  }

  value(
    key: Uint8Array,
    hasCome: (expiresAt: number) => boolean,
    upTo: number = NEWEST,
  ): Uint8Array | undefined {
    const reader = this.#reader;
    for (;;) {
      const mark = this.#publication.mark;
      const look = this.#look(key, mark, upTo);
      if (look !== Look.found || reader.isDelete) {
        if (this.#isTrue(look, mark)) return undefined;
        continue;
      }
      const { expiresAt, isSeparated } = reader;
      const value = isSeparated ? undefined : reader.copyInlineValue();
      if (!this.#isTrue(look, mark)) continue;
      if (expiresAt !== undefined && hasCome(expiresAt)) return undefined;
      return isSeparated ? this.#separatedValue(key, hasCome, upTo) : value;
    }
  }

  /**
   * As {@link value}, copied to `offset` of `target` if there is room for it there; returns its length, which may be
   * more, and -1 if there is no value.
   */
  valueInto(
    key: Uint8Array,
    hasCome: (expiresAt: number) => boolean,
    target: Uint8Array,
    offset: number,
    upTo: number = NEWEST,
  ): number {
    const reader = this.#reader;
    for (;;) {
      const mark = this.#publication.mark;
      const look = this.#look(key, mark, upTo);
      const isAbsent = look !== Look.found || reader.isDelete;
      const isSeparated = !isAbsent && reader.isSeparated;
      const expiresAt = isAbsent ? undefined : reader.expiresAt;
      const isInline = !isAbsent && !isSeparated;
      const length = isInline ? reader.copyInlineValueInto(target, offset) : -1;
      if (!this.#isTrue(look, mark)) continue;
      if (isAbsent || (expiresAt !== undefined && hasCome(expiresAt))) return -1;
      return isInline ? length : copyInto(this.#separatedValue(key, hasCome, upTo), target, offset);
    }
  }

  entry(key: Uint8Array, upTo: number = NEWEST): StoredEntry | undefined {
    for (;;) {
      const mark = this.#publication.mark;
      const look = this.#look(key, mark, upTo);
      const head = look === Look.found ? this.#reader.tryHead() : undefined;
      const value = head === undefined || head.separated ? EMPTY : this.#reader.copyValue(head);
      const pointer = head?.separated === true ? this.#reader.pointer(head) : undefined;
      if (!this.#isTrue(look, mark)) continue;
      if (head === undefined) return undefined;
      if (pointer === undefined) return storedEntry(head, value);
      const separated = this.#readValue(key, head, pointer, upTo);
      if (separated !== undefined) return storedEntry(head, separated);
    }
  }

  /** As {@link value}, of a key that had its value in a file of its own when it was looked at. Now it may be otherwise. */
  #separatedValue(
    key: Uint8Array,
    hasCome: (expiresAt: number) => boolean,
    upTo: number,
  ): Uint8Array | undefined {
    const entry = this.entry(key, upTo);
    if (entry === undefined || entry.deleted) return undefined;
    return entry.expiresAt !== undefined && hasCome(entry.expiresAt) ? undefined : entry.value;
  }

  /** The value of a record; undefined if the record is not the newest any more, and its value's file may be gone. */
  #readValue(key: Uint8Array, head: RecordHead, pointer: ValuePointer, upTo: number): Uint8Array | undefined {
    try {
      return this.#values.read(pointer, head.valueBytes);
    } catch (error) {
      const newest = this.head(key, upTo);
      // An entry that expired long ago gives its place to a deletion with the same sequence.
      if (newest?.sequence === head.sequence && !newest.deleted) throw error;
      return undefined;
    }
  }

  /** Moves the reader to the newest visible record of `key`. */
  #look(key: Uint8Array, mark: number, upTo: number): Look {
    if (this.#index.find(key) === 0) return Look.absent;
    const isPending = (mark & 1) === 1;
    return isPending || upTo !== NEWEST ? this.#passOver(isPending, upTo) : Look.found;
  }

  /** Goes back to the first record that is neither pending nor behind `upTo`. */
  #passOver(isPending: boolean, upTo: number): Look {
    const reader = this.#reader;
    for (;;) {
      const { sequence } = reader;
      if (sequence <= upTo && !(isPending && this.#publication.hides(sequence))) return Look.found;
      const { previous } = reader;
      if (!reader.isIntact) return Look.again;
      if (previous === 0) return Look.absent;
      reader.open(previous);
    }
  }

  /** Whether what was read since `mark` was the truth at one moment. */
  #isTrue(look: Look, mark: number): boolean {
    if (look === Look.again || !this.#publication.isAt(mark)) return false;
    return look === Look.absent || this.#reader.isIntact;
  }
}

function copyInto(value: Uint8Array | undefined, target: Uint8Array, offset: number): number {
  if (value === undefined) return -1;
  if (value.length <= target.length - offset) target.set(value, offset);
  return value.length;
}
