/**
 * Values of many keys in one go: all hashes, then all cells of the index, then all records, each for many keys before the
 * next. So the processor waits for many places of memory at once, where key by key it would wait for one after the other.
 *
 * It takes no lock. Instead of asking of each record whether it is still where it was, it asks once for a group whether
 * any page has left memory and anything became visible meanwhile. Keys for which that is not enough are read by themselves:
 * long ones, those whose record is not in memory, whose cell has moved to another table, or whose hash another key has.
 */
import { orderLoads } from './control/load-order.ts';
import { RECORD_HEADER_BYTES, RecordFlag, recordLayout, RecordType } from './format/record.ts';
import { NO_CANDIDATE } from './index/table-cells.ts';
import type { RecordView } from './record-view.ts';
import type { StoreParts } from './store-parts.ts';

const KEY_BYTES = recordLayout.fields.keyBytes.offset / 4;
const KEY_HASH = recordLayout.fields.keyHash.offset / 4;
const VALUE_BYTES = recordLayout.fields.valueBytes.offset / 4;
const HEADER = RECORD_HEADER_BYTES / 4;

/** Keys that are looked at together. */
const GROUP = 64;
/** Words of a key that is short enough for a group. */
const KEY_WORDS_MAX = 16;
/** Word of a record that is likely to lie in its second line of the cache. */
const SECOND_LINE = 64 / 4;
/** Where a record would be of a key that is read by itself, and of one that has none. */
const BY_ITSELF = -1;
const NOWHERE = -2;

export class ManyReader {
  readonly #parts: Pick<StoreParts, 'ring' | 'index' | 'publication'>;
  readonly #view: RecordView;
  readonly #hashes = new Int32Array(GROUP);
  /** The words of the keys, {@link KEY_WORDS_MAX} for each. */
  readonly #keyWords = new Int32Array(GROUP * KEY_WORDS_MAX);
  /** Words of the ring where records begin, or one of the two above. */
  readonly #places = new Int32Array(GROUP);
  /** What was read only to have it closer; kept so that the reading is not thought to be of no use. */
  readonly #warmed = new Int32Array(1);

  constructor(parts: Pick<StoreParts, 'ring' | 'index' | 'publication'>, view: RecordView) {
    this.#parts = parts;
    this.#view = view;
  }

  /** As `LogStore.value` for each key, in their order; each value is as of a moment of its own. */
  values(keys: readonly Uint8Array[], hasCome: (expiresAt: number) => boolean): (Uint8Array | undefined)[] {
    const values: (Uint8Array | undefined)[] = [];
    for (let first = 0; first < keys.length; first += GROUP) {
      this.#group(keys, first, Math.min(keys.length - first, GROUP), hasCome, values);
    }
    return values;
  }

  #group(
    keys: readonly Uint8Array[],
    first: number,
    count: number,
    hasCome: (expiresAt: number) => boolean,
    values: (Uint8Array | undefined)[],
  ): void {
    const { ring, publication } = this.#parts;
    const { mark } = publication;
    const { departures } = ring;
    if ((mark & 1) === 1 || count === 1) this.#places.fill(BY_ITSELF, 0, count);
    else this.#find(keys, first, count);
    for (let index = 0; index < count; index += 1)
      values.push(this.#take(keys[first + index]!, index, hasCome));
    orderLoads();
    const isTrue = publication.isAt(mark) && ring.departures === departures;
    for (let index = 0; index < count; index += 1) {
      if (isTrue && this.#places[index]! !== BY_ITSELF) continue;
      values[first + index] = this.#view.value(keys[first + index]!, hasCome);
    }
  }

  /** Finds the records that are in memory, without comparing keys. */
  #find(keys: readonly Uint8Array[], first: number, count: number): void {
    const { ring } = this.#parts;
    const { table, sought } = this.#parts.index;
    const hashes = this.#hashes;
    const places = this.#places;
    const { words } = ring;
    let warmed = 0;
    for (let index = 0; index < count; index += 1) {
      sought.load(keys[first + index]!);
      const { hash, wordCount, words: keyWords } = sought;
      hashes[index] = hash;
      warmed ^= table.warm(hash);
      for (let word = 0, to = index * KEY_WORDS_MAX; word < wordCount && word < KEY_WORDS_MAX; word += 1) {
        this.#keyWords[to + word] = keyWords[word]!;
      }
    }
    for (let index = 0; index < count; index += 1) {
      const address = table.candidate(hashes[index]!);
      const at = address === 0 || address === NO_CANDIDATE ? -1 : ring.find(address);
      if (address === 0) places[index] = NOWHERE;
      else places[index] = at < 0 ? BY_ITSELF : at >>> 2;
    }
    for (let index = 0; index < count; index += 1) {
      const place = places[index]!;
      if (place >= 0) warmed ^= words[place + KEY_HASH]! ^ words[place + SECOND_LINE]!;
    }
    this.#warmed[0] = warmed;
  }

  /** The value of the record that was found; whether it is true is asked later. */
  #take(key: Uint8Array, index: number, hasCome: (expiresAt: number) => boolean): Uint8Array | undefined {
    const { words, bytes } = this.#parts.ring;
    const place = this.#places[index]!;
    if (place < 0) return undefined;
    const head = words[place]!;
    const flags = head >>> 24;
    const length = words[place + KEY_BYTES]! & 0xffff;
    const keyAt = place + HEADER + ((flags & RecordFlag.expires) === 0 ? 0 : 2);
    if (length !== key.length || (flags & RecordFlag.separated) !== 0 || !this.#isKey(keyAt, index, length)) {
      this.#places[index] = BY_ITSELF;
      return undefined;
    }
    if (((head >>> 16) & 0xff) === RecordType.delete) return undefined;
    if ((flags & RecordFlag.expires) !== 0) {
      const deadline = (words[keyAt - 2]! >>> 0) + words[keyAt - 1]! * 2 ** 32;
      if (hasCome(deadline)) return undefined;
    }
    const start = keyAt * 4 + ((length + 7) & ~7);
    return bytes.slice(start, start + words[place + VALUE_BYTES]!);
  }

  #isKey(at: number, index: number, length: number): boolean {
    const { words } = this.#parts.ring;
    const wordCount = (length + 3) >>> 2;
    if (wordCount > KEY_WORDS_MAX) return false;
    for (let word = 0, from = index * KEY_WORDS_MAX; word < wordCount; word += 1) {
      if (words[at + word] !== this.#keyWords[from + word]) return false;
    }
    return true;
  }
}
