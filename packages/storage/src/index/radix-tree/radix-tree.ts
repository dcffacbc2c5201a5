/**
 * Keys in order: an adaptive radix tree (Leis, Kemper, Neumann: The Adaptive Radix Tree, ICDE 2013) over shared
 * memory, from each key to the address of some record of it. The keys themselves stay in the log.
 *
 * A descent trusts what it skips: of a prefix that is longer than what its node keeps, only the kept bytes are looked
 * at, and what the rest was is found out from one record at the end of the way. So a change reads one record at most,
 * and none where every byte on its way was seen.
 *
 * Not for concurrent use: a change takes several stores, and whoever makes one says elsewhere that it goes on.
 */
import { commonBytes, type LeafKeys } from './leaf-keys.ts';
import { PREFIX_KEPT, TreeWord, type TreeNodes } from './tree-nodes.ts';

/** Where the way to a key ends. */
interface Found {
  /** The node that has the key's item, where it is referred to, and the item's position. */
  readonly node: number;
  readonly slot: number;
  readonly position: number;
  /** The node above, and the position of `node` in it; 0 for the root. */
  readonly parent: number;
  readonly inParent: number;
}

export class RadixTree {
  readonly nodes: TreeNodes;
  readonly #keys: LeafKeys;

  constructor(nodes: TreeNodes, keys: LeafKeys) {
    this.nodes = nodes;
    this.#keys = keys;
  }

  /**
   * Points the first `length` bytes of `key` at `address`; true if the key was not there. Throws `STORAGE_ORDER_FULL`
   * and what reading a record throws, with nothing changed.
   */
  insert(key: Uint8Array, length: number, address: number): boolean {
    const { nodes } = this;
    const { words, bytes } = nodes;
    let slot: number = TreeWord.root;
    let depth = 0;
    let isSeen = true;
    for (;;) {
      const node = words[slot]!;
      const prefix = nodes.prefixLength(node);
      if (prefix > 0) {
        const kept = prefix < PREFIX_KEPT ? prefix : PREFIX_KEPT;
        const at = nodes.prefixAt(node);
        let same = 0;
        while (same < kept && depth + same < length && bytes[at + same] === key[depth + same]) same += 1;
        if (prefix > PREFIX_KEPT) isSeen = false;
        if (same < kept || depth + prefix > length) {
          if (!isSeen) return this.#insertBeside(this.#anyLeaf(node), key, length, address);
          this.#split(slot, bytes, at, same, key, depth, length, address);
          return true;
        }
        depth += prefix;
      }
      if (depth === length) {
        const end = nodes.endSlot(node);
        if (!isSeen) return this.#insertBeside(this.#anyLeaf(node), key, length, address);
        const isNew = words[end] === 0;
        words[end] = address | 0;
        return isNew;
      }
      const byte = key[depth]!;
      const position = nodes.positionFrom(node, byte);
      if (!nodes.isChild(node, position, byte)) {
        if (!isSeen) return this.#insertBeside(this.#anyLeaf(node), key, length, address);
        nodes.addChild(slot, node, byte, address | 0, true);
        return true;
      }
      slot = nodes.slotAt(node, position);
      if (nodes.isLeafAt(node, position)) {
        return this.#insertBeside(words[slot]! >>> 0, key, length, address);
      }
      depth += 1;
    }
  }

  /** Points `key` at `to` if it points at `from`. One store. */
  repoint(key: Uint8Array, from: number, to: number): boolean {
    const found = this.#find(key);
    if (found === undefined) return false;
    const slot = this.nodes.slotAt(found.node, found.position);
    if (this.nodes.words[slot]! >>> 0 !== from) return false;
    this.nodes.words[slot] = to | 0;
    return true;
  }

  /** Takes `key` out; false if it is not there. Throws what reading a record throws, with nothing changed. */
  remove(key: Uint8Array): boolean {
    const found = this.#find(key);
    if (found === undefined) return false;
    this.#keys.open(this.nodes.words[this.nodes.slotAt(found.node, found.position)]! >>> 0);
    const isIt =
      this.#keys.keyLength === key.length && commonBytes(this.#keys, key, key.length) === key.length;
    if (isIt) this.#takeOut(found);
    return isIt;
  }

  /** Takes `key` out if it points at `address`. */
  removeAt(key: Uint8Array, address: number): boolean {
    const found = this.#find(key);
    if (found === undefined) return false;
    if (this.nodes.words[this.nodes.slotAt(found.node, found.position)]! >>> 0 !== address) return false;
    this.#takeOut(found);
    return true;
  }

  /** The leaf at the end of the way that `key` leads, which has its key if any has; 0 for an empty tree. */
  leafTowards(key: Uint8Array): number {
    const { nodes } = this;
    const { words, bytes } = nodes;
    let node = nodes.root;
    for (let depth = 0; ; depth += 1) {
      const prefix = nodes.prefixLength(node);
      const kept = prefix < PREFIX_KEPT ? prefix : PREFIX_KEPT;
      const at = nodes.prefixAt(node);
      for (let index = 0; index < kept; index += 1) {
        if (bytes[at + index] !== key[depth + index]) return this.#anyLeaf(node);
      }
      depth += prefix;
      if (depth >= key.length) return this.#anyLeaf(node);
      const position = nodes.positionFrom(node, key[depth]!);
      if (!nodes.isChild(node, position, key[depth]!)) return this.#anyLeaf(node);
      const child = words[nodes.slotAt(node, position)]!;
      if (nodes.isLeafAt(node, position)) return child >>> 0;
      node = child;
    }
  }

  /** The item that `key` has if it has one: bytes that nodes do not keep are not compared. */
  #find(key: Uint8Array): Found | undefined {
    const { nodes } = this;
    const { words, bytes } = nodes;
    let slot: number = TreeWord.root;
    let parent = 0;
    let inParent = 0;
    for (let depth = 0; ; depth += 1) {
      const node = words[slot]!;
      const prefix = nodes.prefixLength(node);
      const kept = prefix < PREFIX_KEPT ? prefix : PREFIX_KEPT;
      const at = nodes.prefixAt(node);
      for (let index = 0; index < kept; index += 1) {
        if (bytes[at + index] !== key[depth + index]) return undefined;
      }
      depth += prefix;
      if (depth > key.length) return undefined;
      if (depth === key.length) {
        if (words[nodes.endSlot(node)] === 0) return undefined;
        return { node, slot, position: 0, parent, inParent };
      }
      const position = nodes.positionFrom(node, key[depth]!);
      if (!nodes.isChild(node, position, key[depth]!)) return undefined;
      if (nodes.isLeafAt(node, position)) return { node, slot, position, parent, inParent };
      parent = node;
      inParent = position;
      slot = nodes.slotAt(node, position);
    }
  }

  /** As {@link insert}, beside a leaf that lies where the key's way ended: its record says where they part. */
  #insertBeside(leaf: number, key: Uint8Array, length: number, address: number): boolean {
    const { nodes } = this;
    const { words } = nodes;
    this.#keys.open(leaf);
    const { image, keyStart, keyLength } = this.#keys;
    const common = commonBytes(this.#keys, key, length);
    let slot: number = TreeWord.root;
    let depth = 0;
    for (;;) {
      const node = words[slot]!;
      const prefix = nodes.prefixLength(node);
      if (common < depth + prefix) {
        this.#split(slot, image, keyStart + depth, common - depth, key, depth, length, address);
        return true;
      }
      depth += prefix;
      if (depth === length) {
        const end = nodes.endSlot(node);
        const isNew = words[end] === 0;
        words[end] = address | 0;
        return isNew;
      }
      const byte = key[depth]!;
      const position = nodes.positionFrom(node, byte);
      if (!nodes.isChild(node, position, byte)) {
        nodes.addChild(slot, node, byte, address | 0, true);
        return true;
      }
      slot = nodes.slotAt(node, position);
      depth += 1;
      if (!nodes.isLeafAt(node, position)) continue;
      if (common === length && common === keyLength) {
        words[slot] = address | 0;
        return false;
      }
      const fork = nodes.allocate(0);
      nodes.setPrefix(fork, key, depth, common - depth);
      this.#hang(fork, image, keyStart + common, keyLength - common, leaf);
      this.#hang(fork, key, common, length - common, address);
      nodes.replaceChild(node, position, fork, false);
      return true;
    }
  }

  /** Puts a leaf into a new node; `left` bytes of its key are left, from `start` of `source` on. */
  #hang(node: number, source: Uint8Array, start: number, left: number, address: number): void {
    const { nodes } = this;
    if (left === 0) nodes.words[nodes.endSlot(node)] = address | 0;
    else nodes.addChild(0, node, source[start]!, address | 0, true);
  }

  /**
   * Divides the prefix of the node in `slot`, which begins at `start` of `source`, behind its first `same` bytes: there
   * the key, whose bytes before `depth` led here, goes another way.
   */
  #split(
    slot: number,
    source: Uint8Array,
    start: number,
    same: number,
    key: Uint8Array,
    depth: number,
    length: number,
    address: number,
  ): void {
    const { nodes } = this;
    const node = nodes.words[slot]!;
    const fork = nodes.allocate(0);
    const byte = source[start + same]!;
    nodes.setPrefix(fork, key, depth, same);
    nodes.addChild(0, fork, byte, node, false);
    this.#hang(fork, key, depth + same, length - depth - same, address);
    nodes.setPrefix(node, source, start + same + 1, nodes.prefixLength(node) - same - 1);
    nodes.words[slot] = fork;
  }

  #takeOut({ node, slot, position, parent, inParent }: Found): void {
    const { nodes } = this;
    const { words } = nodes;
    if (position === 0) words[nodes.endSlot(node)] = 0;
    else nodes.removeChild(slot, node, position);
    if (parent === 0) return;
    const left = words[slot]!;
    const end = words[nodes.endSlot(left)]!;
    const count = nodes.childCount(left);
    if (count + (end === 0 ? 0 : 1) > 1) return;
    // A node with one item is no fork: the item takes its place.
    if (end !== 0) {
      nodes.replaceChild(parent, inParent, end, true);
    } else {
      let only = 1;
      while (words[nodes.slotAt(left, only)] === 0) only += 1;
      const isLeaf = nodes.isLeafAt(left, only);
      const child = words[nodes.slotAt(left, only)]!;
      if (!isLeaf) this.#joinPrefixes(left, nodes.byteAt(left, only), child);
      nodes.replaceChild(parent, inParent, child, isLeaf);
    }
    nodes.release(left);
  }

  /** Puts the prefix of a node and the byte that leads to its only child before the child's prefix. */
  #joinPrefixes(node: number, byte: number, child: number): void {
    const { nodes } = this;
    const above = nodes.prefixLength(node);
    const below = nodes.prefixLength(child);
    const joined = new Uint8Array(2 * PREFIX_KEPT + 1);
    const aboveKept = Math.min(above, PREFIX_KEPT);
    joined.set(nodes.bytes.subarray(nodes.prefixAt(node), nodes.prefixAt(node) + aboveKept));
    joined[aboveKept] = byte;
    const belowKept = Math.min(below, PREFIX_KEPT);
    const start = nodes.prefixAt(child);
    joined.set(nodes.bytes.subarray(start, start + belowKept), aboveKept + 1);
    nodes.setPrefix(child, joined, 0, above + 1 + below);
  }

  /** A leaf below a node, 0 if the tree is empty. */
  #anyLeaf(from: number): number {
    const { nodes } = this;
    const { words } = nodes;
    let node = from;
    for (;;) {
      const end = words[nodes.endSlot(node)]!;
      if (end !== 0) return end >>> 0;
      if (nodes.childCount(node) === 0) return 0;
      let position = 1;
      while (words[nodes.slotAt(node, position)] === 0) position += 1;
      const child = words[nodes.slotAt(node, position)]!;
      if (nodes.isLeafAt(node, position)) return child >>> 0;
      node = child;
    }
  }
}
