/**
 * The nodes of the radix tree, in one piece of shared memory: what they look like, where free ones are, and how a node
 * grows and shrinks with its children. Four kinds, for up to 4, 16, 48 and 256 children.
 *
 * ```
 * word 0       | 1, 2         | 3          | 4 ...
 *      | header | prefix bytes | key's end | labels      | children            up to 48 children, in order
 *      | header | prefix bytes | key's end | which leaf  | child by byte: 256  more
 * ```
 *
 * The header is kind, number of children and length of the prefix: bytes that all keys below have in common. Its first
 * eight are kept, the rest is read from any key below. *Key's end* is the address of the key that ends at the node. A
 * label is the byte that leads to a child, and whether that is a leaf; a leaf is an address and takes no node. An
 * address has all 32 bits, so nothing in it can tell a leaf from a node.
 */
import { CodedError } from '@htkv/base';

/** Words of the tree's memory that are not nodes; see `ordered-index.ts` for the first ones. */
export const TreeWord = { root: 16, free: 17, freeLists: 18 } as const;
const NODES = 32;

/** Places in a node. */
const PREFIX = 1;
const END = 3;
const LABELS = 4;

export const PREFIX_KEPT = 8;
const KIND_MASK = 3;
const COUNT_STEP = 4;
const COUNT_MASK = 511;
const PREFIX_SHIFT = 16;

const WIDE = 3;
const CAPACITY = [4, 16, 48, 256] as const;
/** Where the children of a kind begin, and how many words it takes. */
const CHILDREN = CAPACITY.map((capacity, kind) => LABELS + (kind === WIDE ? capacity / 32 : capacity / 2));
const WORDS = CAPACITY.map((capacity, kind) => CHILDREN[kind]! + capacity);
/** A node with fewer children becomes one of the kind below. */
const SHRINK_BELOW = [0, 4, 13, 38] as const;

/** Least memory for a tree. */
export const TREE_BYTES_MIN = 4096;

export class TreeNodes {
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly #labels: Uint16Array;

  /** `memory` is all that the tree can ever take, at least {@link TREE_BYTES_MIN}; what is not used is not touched. */
  constructor(memory: Int32Array) {
    this.words = memory;
    this.bytes = new Uint8Array(memory.buffer, memory.byteOffset, memory.byteLength);
    this.#labels = new Uint16Array(memory.buffer, memory.byteOffset, memory.length * 2);
  }

  /** Bytes of memory that nodes have taken so far. */
  get bytesTaken(): number {
    return this.words[TreeWord.free]! * 4;
  }

  /** Makes the tree empty, whatever its memory holds. */
  clear(): void {
    const { words } = this;
    words[TreeWord.free] = NODES;
    for (let kind = 0; kind <= WIDE; kind += 1) words[TreeWord.freeLists + kind] = 0;
    words[TreeWord.root] = this.allocate(0);
  }

  get root(): number {
    return this.words[TreeWord.root]!;
  }

  /** An empty node without a prefix. Throws `STORAGE_ORDER_FULL`, with nothing changed. */
  allocate(kind: number): number {
    const { words } = this;
    const size = WORDS[kind]!;
    let node = words[TreeWord.freeLists + kind]!;
    if (node === 0) {
      node = words[TreeWord.free]!;
      if (node + size > words.length) throw orderFull(words.byteLength);
      words[TreeWord.free] = node + size;
    } else {
      words[TreeWord.freeLists + kind] = words[node]!;
    }
    words[node] = kind;
    words[node + END] = 0;
    if (kind === WIDE) words.fill(0, node + LABELS, node + size);
    return node;
  }

  release(node: number): void {
    const { words } = this;
    const list = TreeWord.freeLists + (words[node]! & KIND_MASK);
    words[node] = words[list]!;
    words[list] = node;
  }

  prefixLength(node: number): number {
    return this.words[node]! >>> PREFIX_SHIFT;
  }

  /** Byte in memory where the kept part of a node's prefix begins. */
  prefixAt(node: number): number {
    return (node + PREFIX) * 4;
  }

  /** Gives a node the prefix of `length` bytes that begins at `start` of `source`. */
  setPrefix(node: number, source: Uint8Array, start: number, length: number): void {
    const { words, bytes } = this;
    words[node] = (words[node]! & ((1 << PREFIX_SHIFT) - 1)) | (length << PREFIX_SHIFT);
    const at = this.prefixAt(node);
    const kept = length < PREFIX_KEPT ? length : PREFIX_KEPT;
    for (let index = 0; index < kept; index += 1) bytes[at + index] = source[start + index]!;
  }

  childCount(node: number): number {
    return (this.words[node]! >>> 2) & COUNT_MASK;
  }

  /** Word that holds the address of the key that ends at the node, 0 for none. */
  endSlot(node: number): number {
    return node + END;
  }

  /** Positions of a node's items: 0 is the key that ends there, the children follow in order. */
  positions(node: number): number {
    const header = this.words[node]!;
    return 1 + ((header & KIND_MASK) === WIDE ? 256 : (header >>> 2) & COUNT_MASK);
  }

  /** Word that holds the item at a position; the word is 0 if nothing is there. */
  slotAt(node: number, position: number): number {
    if (position === 0) return node + END;
    return node + CHILDREN[this.words[node]! & KIND_MASK]! + position - 1;
  }

  /** Whether the item at a position, which is there, is the address of a key and not a node. */
  isLeafAt(node: number, position: number): boolean {
    if (position === 0) return true;
    if ((this.words[node]! & KIND_MASK) === WIDE) return this.#isWideLeaf(node, position - 1);
    return (this.#labels[(node + LABELS) * 2 + position - 1]! & 1) === 1;
  }

  /** Position of the first child whose byte is at least `byte`; that of a wide node may hold nothing. */
  positionFrom(node: number, byte: number): number {
    const header = this.words[node]!;
    if ((header & KIND_MASK) === WIDE) return 1 + byte;
    const count = (header >>> 2) & COUNT_MASK;
    const labels = this.#labels;
    const first = (node + LABELS) * 2;
    const sought = byte << 1;
    let low = 0;
    if (count > 16) {
      let high = count;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (labels[first + middle]! < sought) low = middle + 1;
        else high = middle;
      }
      return 1 + low;
    }
    while (low < count && labels[first + low]! < sought) low += 1;
    return 1 + low;
  }

  /** Whether the child at the position that {@link positionFrom} gave for `byte` is that of `byte`. */
  isChild(node: number, position: number, byte: number): boolean {
    const header = this.words[node]!;
    if ((header & KIND_MASK) === WIDE) return this.words[node + CHILDREN[WIDE]! + byte] !== 0;
    if (position > ((header >>> 2) & COUNT_MASK)) return false;
    return this.#labels[(node + LABELS) * 2 + position - 1]! >>> 1 === byte;
  }

  /**
   * Adds a child at a position that {@link positionFrom} gave for `byte`. The node may become another one, which then
   * stands in `slot`. Throws `STORAGE_ORDER_FULL`, with nothing changed.
   */
  addChild(slot: number, node: number, byte: number, child: number, isLeaf: boolean): void {
    const { words } = this;
    const kind = words[node]! & KIND_MASK;
    const count = this.childCount(node);
    if (count === CAPACITY[kind]) {
      this.addChild(slot, this.#resize(slot, node, kind + 1), byte, child, isLeaf);
      return;
    }
    if (kind === WIDE) {
      words[node + CHILDREN[WIDE]! + byte] = child;
      this.#markWideLeaf(node, byte, isLeaf);
    } else {
      const position = this.positionFrom(node, byte) - 1;
      const label = (node + LABELS) * 2;
      const first = node + CHILDREN[kind]!;
      for (let index = count; index > position; index -= 1) {
        this.#labels[label + index] = this.#labels[label + index - 1]!;
        words[first + index] = words[first + index - 1]!;
      }
      this.#labels[label + position] = (byte << 1) | (isLeaf ? 1 : 0);
      words[first + position] = child;
    }
    words[node]! += COUNT_STEP;
  }

  /** Puts another child in the place of the one at a position. */
  replaceChild(node: number, position: number, child: number, isLeaf: boolean): void {
    this.words[this.slotAt(node, position)] = child;
    if ((this.words[node]! & KIND_MASK) === WIDE) {
      this.#markWideLeaf(node, position - 1, isLeaf);
      return;
    }
    const label = (node + LABELS) * 2 + position - 1;
    this.#labels[label] = (this.#labels[label]! & ~1) | (isLeaf ? 1 : 0);
  }

  /** Byte that leads to the child at a position. */
  byteAt(node: number, position: number): number {
    if ((this.words[node]! & KIND_MASK) === WIDE) return position - 1;
    return this.#labels[(node + LABELS) * 2 + position - 1]! >>> 1;
  }

  /** Takes the child at a position out. The node may become a smaller one, which then stands in `slot`. */
  removeChild(slot: number, node: number, position: number): void {
    const { words } = this;
    const kind = words[node]! & KIND_MASK;
    const count = this.childCount(node);
    words[node]! -= COUNT_STEP;
    if (kind === WIDE) {
      words[this.slotAt(node, position)] = 0;
    } else {
      const label = (node + LABELS) * 2;
      const first = node + CHILDREN[kind]!;
      for (let index = position; index < count; index += 1) {
        this.#labels[label + index - 1] = this.#labels[label + index]!;
        words[first + index - 1] = words[first + index]!;
      }
    }
    if (count - 1 < SHRINK_BELOW[kind]! && this.#hasRoomFor(kind - 1)) this.#resize(slot, node, kind - 1);
  }

  #hasRoomFor(kind: number): boolean {
    const { words } = this;
    if (words[TreeWord.freeLists + kind] !== 0) return true;
    return words[TreeWord.free]! + WORDS[kind]! <= words.length;
  }

  /** Makes a node one of another kind, which its children fit; returns it. */
  #resize(slot: number, node: number, kind: number): number {
    const { words } = this;
    const larger = this.allocate(kind);
    words[larger] = (words[node]! & ~(KIND_MASK | (COUNT_MASK << 2))) | kind;
    words[larger + PREFIX] = words[node + PREFIX]!;
    words[larger + PREFIX + 1] = words[node + PREFIX + 1]!;
    words[larger + END] = words[node + END]!;
    const positions = this.positions(node);
    for (let position = 1; position < positions; position += 1) {
      const child = words[this.slotAt(node, position)]!;
      if (child === 0) continue;
      this.addChild(slot, larger, this.byteAt(node, position), child, this.isLeafAt(node, position));
    }
    words[slot] = larger;
    this.release(node);
    return larger;
  }

  #isWideLeaf(node: number, byte: number): boolean {
    return ((this.words[node + LABELS + (byte >>> 5)]! >>> (byte & 31)) & 1) === 1;
  }

  #markWideLeaf(node: number, byte: number, isLeaf: boolean): void {
    const word = node + LABELS + (byte >>> 5);
    const bit = 1 << (byte & 31);
    this.words[word] = isLeaf ? this.words[word]! | bit : this.words[word]! & ~bit;
  }
}

function orderFull(bytes: number): CodedError {
  return new CodedError(
    'STORAGE_ORDER_FULL',
    'the order of the keys has reached the largest size it can have',
    {
      details: { bytes },
    },
  );
}
