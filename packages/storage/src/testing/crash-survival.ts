/**
 * What is left of unsynced operations after the power went: the persistence model of the simulated disk.
 *
 * Assumed, as in `docs/durability.md`: synced bytes and names stay, and bytes outside a written range never change.
 * Everything else is up to chance. Each write is cut at 4 KiB pages and 512-byte sectors of the file, and each piece
 * arrives, or does not, or arrives in part, in no order. A file's growth is an operation of its own, which may happen
 * in full, halfway or not at all, whether or not the bytes arrived; where a file grew and no bytes arrived lie zeros,
 * noise, or stale pages of other files. Names appear and vanish one by one, in no order with the bytes of the files.
 */

import type { FileNode, PendingEntry, PendingTruncate, PendingWrite } from './memory-node.ts';
import { pageBytes, type PagedImage } from './paged-image.ts';
import { SeededRandom } from './seeded-random.ts';

/** One thing that a crash may undo. A write that makes its file longer is two: its bytes and its growth. */
export interface PendingOperation {
  /** Place in the order in which the operations of the whole file system were made. */
  readonly order: number;
  readonly kind: 'write' | 'growth' | 'truncate' | 'create' | 'remove';
  /** Of the file, as it was when the file was created. */
  readonly path: string;
}

/**
 * What survives: nothing unsynced, everything, a random part of everything in any order, all up to a random moment
 * with the operation of that moment cut short, or what a function says of each operation.
 */
export type CrashKeep = 'none' | 'all' | 'random' | 'prefix' | ((operation: PendingOperation) => boolean);

export interface CrashOptions {
  /** Decides everything that is left to chance. */
  readonly random: SeededRandom;
  /** `'random'` unless given. */
  readonly keep?: CrashKeep;
  /** What lies where a file grew but its bytes did not arrive. `'mixed'`, a choice for each place, unless given. */
  readonly holes?: 'zeros' | 'noise' | 'stale' | 'mixed';
  /** Probability that a piece of an unsynced write arrives as noise, in `'random'` crashes. 0 unless given. */
  readonly damageChance?: number;
}

const sectorBytes = 512;
const zeroPages = [new Uint8Array(pageBytes)];
/** Noise is copied from here at a random place: drawing every byte would cost more than everything else. */
const noise = new SeededRandom('noise').bytes(16 * pageBytes);

/** The decisions of one crash. */
export class CrashSurvival {
  readonly #random: SeededRandom;
  readonly #keep: CrashKeep;
  readonly #holes: 'zeros' | 'noise' | 'stale' | 'mixed';
  readonly #damageChance: number;
  readonly #collectStalePages: () => readonly Uint8Array[];
  #stalePages: readonly Uint8Array[] | undefined;
  /** `'prefix'`: operations before this order number survive, the one with it is cut, later ones are lost. */
  readonly #cutOrder: number;
  /** `'random'`: how likely a name, a change of length and a piece of a write are to survive this crash. */
  readonly #entryChance: number;
  readonly #lengthChance: number;
  readonly #bytesChance: number;

  /**
   * `orders` are those of everything pending, ascending. `collectStalePages` is called at most once, when a hole is
   * to be filled with pages of other files; they are borrowed.
   */
  constructor(
    options: CrashOptions,
    orders: readonly number[],
    collectStalePages: () => readonly Uint8Array[],
  ) {
    const random = options.random;
    this.#random = random;
    this.#keep = options.keep ?? 'random';
    this.#holes = options.holes ?? 'mixed';
    this.#damageChance = options.damageChance ?? 0;
    this.#collectStalePages = collectStalePages;
    this.#cutOrder =
      this.#keep === 'prefix' ? (orders[random.below(orders.length + 1)] ?? Infinity) : Infinity;
    // Extremes find more than averages do: nearly everything lost, or a single piece missing.
    const chances = [0, 0.1, 0.5, 0.9, 1];
    this.#entryChance = random.pick(chances);
    this.#lengthChance = random.pick(chances);
    this.#bytesChance = random.pick(chances);
  }

  /** Whether an unsynced creation or removal of a name is on the disk. */
  keepsEntry(entry: PendingEntry): boolean {
    if (this.#keep === 'random') return this.#random.chance(this.#entryChance);
    if (this.#keep === 'prefix') return entry.order < this.#cutOrder;
    return this.#decides({ order: entry.order, kind: entry.kind, path: entry.file.path });
  }

  /** The bytes of a file after the crash. O(1) for a file with nothing pending. */
  image(file: FileNode): PagedImage {
    if (file.pending.length === 0 || this.#keep === 'none') return file.durable.clone();
    if (this.#keep === 'all') return file.isCacheAhead ? file.flushed() : file.cached.clone();
    const image = file.durable.clone();
    // The surviving length is apart from the image's: bytes may arrive beyond the end and be cut off, or be uncovered
    // by the growth of a later write.
    let length = image.length;
    for (const operation of file.pending) {
      if (operation.kind === 'write') {
        length = Math.max(length, this.#applyWrite(image, length, operation, file.path));
      } else if (this.#keepsTruncate(operation, file.path)) {
        image.truncate(operation.length);
        length = operation.length;
      }
    }
    image.truncate(length);
    return image;
  }

  #decides(operation: PendingOperation): boolean {
    return typeof this.#keep === 'function' ? this.#keep(operation) : this.#keep === 'all';
  }

  #keepsTruncate(operation: PendingTruncate, path: string): boolean {
    if (this.#keep === 'random') return this.#random.chance(this.#lengthChance);
    if (this.#keep === 'prefix') return operation.order < this.#cutOrder;
    return this.#decides({ order: operation.order, kind: 'truncate', path });
  }

  /** Applies what survives of the bytes of a write and returns the length to which it made the file grow, or 0. */
  #applyWrite(image: PagedImage, length: number, write: PendingWrite, path: string): number {
    const end = write.offset + write.bytes.length;
    const grows = end > write.lengthBefore;
    // Bytes that were in the file before cannot turn into a hole, even if a truncation in between was lost.
    const holesFrom = Math.max(write.offset, write.lengthBefore, length);
    if (this.#keep === 'random') {
      this.#applyPieces(image, holesFrom, write);
      return grows ? this.#randomGrowth(write, end) : 0;
    }
    if (this.#keep === 'prefix') return this.#applyPrefix(image, holesFrom, write, grows);
    if (this.#decides({ order: write.order, kind: 'write', path })) image.write(write.bytes, write.offset);
    else this.#fillHole(image, holesFrom, end);
    return grows && this.#decides({ order: write.order, kind: 'growth', path }) ? end : 0;
  }

  #applyPrefix(image: PagedImage, holesFrom: number, write: PendingWrite, grows: boolean): number {
    const end = write.offset + write.bytes.length;
    if (write.order > this.#cutOrder) return 0;
    const cut = write.order < this.#cutOrder ? end : write.offset + this.#random.below(write.bytes.length);
    image.write(write.bytes, write.offset, 0, cut - write.offset);
    if (cut === end) return grows ? end : 0;
    this.#fillHole(image, Math.max(holesFrom, cut), end);
    if (!grows) return 0;
    return this.#random.chance(0.5) ? end : Math.max(write.lengthBefore, cut);
  }

  #randomGrowth(write: PendingWrite, end: number): number {
    if (this.#random.chance(this.#lengthChance)) return end;
    if (this.#random.chance(0.5)) return 0;
    return write.lengthBefore + this.#random.below(end - write.lengthBefore);
  }

  /** Keeps or loses each page of a write, or, within a page, each sector. */
  #applyPieces(image: PagedImage, holesFrom: number, write: PendingWrite): void {
    const end = write.offset + write.bytes.length;
    for (let from = write.offset; from < end;) {
      const isSplit = this.#random.chance(0.25);
      const unit = isSplit ? sectorBytes : pageBytes;
      const to = Math.min(end, from - (from % unit) + unit);
      if (!this.#random.chance(this.#bytesChance)) this.#fillHole(image, Math.max(from, holesFrom), to);
      else if (this.#damageChance > 0 && this.#random.chance(this.#damageChance))
        this.#fillNoise(image, from, to);
      else if (isSplit && this.#random.chance(0.25)) this.#applyTorn(image, holesFrom, write, from, to);
      else image.write(write.bytes, from, from - write.offset, to - write.offset);
      from = to;
    }
  }

  /** Not even a sector is assumed to be atomic: only its first or only its last bytes arrive. */
  #applyTorn(image: PagedImage, holesFrom: number, write: PendingWrite, from: number, to: number): void {
    const cut = from + this.#random.below(to - from);
    const [keptFrom, keptTo] = this.#random.chance(0.5) ? [from, cut] : [cut, to];
    const [lostFrom, lostTo] = keptFrom === from ? [cut, to] : [from, cut];
    image.write(write.bytes, keptFrom, keptFrom - write.offset, keptTo - write.offset);
    this.#fillHole(image, Math.max(lostFrom, holesFrom), lostTo);
  }

  #fillHole(image: PagedImage, from: number, to: number): void {
    if (from >= to) return;
    const holes = this.#holes === 'mixed' ? this.#random.pick(['zeros', 'noise', 'stale']) : this.#holes;
    const pages = holes === 'zeros' ? zeroPages : holes === 'stale' ? this.#stale() : [];
    if (pages.length === 0) {
      this.#fillNoise(image, from, to);
      return;
    }
    for (let position = from; position < to;) {
      const within = position % pageBytes;
      const count = Math.min(pageBytes - within, to - position);
      image.write(this.#random.pick(pages), position, within, within + count);
      position += count;
    }
  }

  #stale(): readonly Uint8Array[] {
    this.#stalePages ??= this.#collectStalePages();
    return this.#stalePages;
  }

  #fillNoise(image: PagedImage, from: number, to: number): void {
    for (let position = from; position < to;) {
      const start = this.#random.below(noise.length - pageBytes);
      const count = Math.min(pageBytes, to - position);
      image.write(noise, position, start, start + count);
      position += count;
    }
  }
}
