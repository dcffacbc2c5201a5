/**
 * A gap between two keys of the tree, and walking from it in either direction.
 *
 * A frame for each node on the way to the gap says which item of it the way goes on in; in the last one the gap lies
 * before the item. Keys can be as deep as they are long, so the frames are kept here and not on the call stack.
 */
import { commonBytes, type LeafKeys } from './leaf-keys.ts';
import type { RadixTree } from './radix-tree.ts';
import type { TreeNodes } from './tree-nodes.ts';

const FRAMES_AT_FIRST = 64;

export class TreeCursor {
  readonly #tree: RadixTree;
  readonly #nodes: TreeNodes;
  readonly #keys: LeafKeys;
  #frames = new Int32Array(FRAMES_AT_FIRST);
  #positions = new Int32Array(FRAMES_AT_FIRST);
  #top = -1;

  constructor(tree: RadixTree, keys: LeafKeys) {
    this.#tree = tree;
    this.#nodes = tree.nodes;
    this.#keys = keys;
  }

  seekFirst(): void {
    this.#top = -1;
    this.#push(this.#nodes.root, 0);
  }

  seekLast(): void {
    this.#top = -1;
    this.#push(this.#nodes.root, this.#nodes.positions(this.#nodes.root));
  }

  /**
   * Moves to the gap before the first key that is at least `key`, or with `isBehind` greater than it. Reads one record;
   * throws what that throws.
   */
  seek(key: Uint8Array, isBehind: boolean): void {
    const leaf = this.#tree.leafTowards(key);
    if (leaf === 0) {
      this.seekFirst();
      return;
    }
    const nodes = this.#nodes;
    this.#keys.open(leaf);
    const common = commonBytes(this.#keys, key, key.length);
    const isEqual = common === key.length && common === this.#keys.keyLength;
    const isLeafGreater =
      common === key.length ||
      (common < this.#keys.keyLength && this.#keys.image[this.#keys.keyStart + common]! > key[common]!);
    this.#top = -1;
    let node = nodes.root;
    for (let depth = 0; ; depth += 1) {
      const prefix = nodes.prefixLength(node);
      if (common < depth + prefix) {
        // All keys below the node are on the same side, and the root has no prefix.
        if (!isLeafGreater) this.#positions[this.#top]! += 1;
        return;
      }
      depth += prefix;
      if (depth === key.length) {
        this.#push(node, isBehind ? 1 : 0);
        return;
      }
      const position = nodes.positionFrom(node, key[depth]!);
      this.#push(node, position);
      if (!nodes.isChild(node, position, key[depth]!)) return;
      if (nodes.isLeafAt(node, position)) {
        if (isEqual ? isBehind : !isLeafGreater) this.#positions[this.#top]! += 1;
        return;
      }
      node = nodes.words[nodes.slotAt(node, position)]!;
    }
  }

  /** Walks over up to `limit` keys to the end, or to the one in `stop`; puts where they are into `slots`; how many. */
  forward(slots: Int32Array, limit: number, stop: number): number {
    const nodes = this.#nodes;
    const { words } = nodes;
    let count = 0;
    while (count < limit && this.#top >= 0) {
      const node = this.#frames[this.#top]!;
      const end = nodes.positions(node);
      const first = nodes.slotAt(node, 1) - 1;
      let position = this.#positions[this.#top]!;
      let child = 0;
      for (; position < end; position += 1) {
        const slot = position === 0 ? nodes.endSlot(node) : first + position;
        if (words[slot] === 0) continue;
        if (!nodes.isLeafAt(node, position)) {
          child = words[slot]!;
          break;
        }
        if (slot === stop || count === limit) {
          this.#positions[this.#top] = position;
          return count;
        }
        slots[count] = slot;
        count += 1;
      }
      this.#positions[this.#top] = position;
      if (child !== 0) {
        this.#push(child, 0);
      } else {
        this.#top -= 1;
        if (this.#top >= 0) this.#positions[this.#top]! += 1;
      }
    }
    return count;
  }

  /** As {@link forward}, towards the first key. */
  backward(slots: Int32Array, limit: number, stop: number): number {
    const nodes = this.#nodes;
    const { words } = nodes;
    let count = 0;
    while (count < limit && this.#top >= 0) {
      const node = this.#frames[this.#top]!;
      const first = nodes.slotAt(node, 1) - 1;
      let position = this.#positions[this.#top]!;
      let child = 0;
      while (position > 0) {
        const before = position - 1;
        const slot = before === 0 ? nodes.endSlot(node) : first + before;
        if (words[slot] !== 0) {
          if (!nodes.isLeafAt(node, before)) {
            position = before;
            child = words[slot]!;
            break;
          }
          if (slot === stop || count === limit) {
            this.#positions[this.#top] = position;
            return count;
          }
          slots[count] = slot;
          count += 1;
        }
        position = before;
      }
      this.#positions[this.#top] = position;
      if (child !== 0) this.#push(child, nodes.positions(child));
      else this.#top -= 1;
    }
    return count;
  }

  #push(node: number, position: number): void {
    this.#top += 1;
    if (this.#top === this.#frames.length) {
      this.#frames = grown(this.#frames);
      this.#positions = grown(this.#positions);
    }
    this.#frames[this.#top] = node;
    this.#positions[this.#top] = position;
  }
}

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
