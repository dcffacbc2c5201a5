/** A tree beside a sorted list of the same keys: what is done is done to both, and has to come to the same. */
import { expect } from 'vitest';

import { isEmptyRange, type KeyRange } from '../../../src/index/key-range.ts';
import { RadixTree } from '../../../src/index/radix-tree/radix-tree.ts';
import { TreeCursor } from '../../../src/index/radix-tree/tree-cursor.ts';
import { TreeNodes } from '../../../src/index/radix-tree/tree-nodes.ts';
import { KeyList, SortedModel } from './key-list.ts';

export const EVERYTHING: KeyRange = {
  lower: undefined,
  lowerInclusive: true,
  upper: undefined,
  upperInclusive: true,
};

export class TreeTrial {
  readonly keys = new KeyList();
  readonly model = new SortedModel();
  readonly nodes: TreeNodes;
  readonly tree: RadixTree;
  readonly #cursor: TreeCursor;

  constructor(bytes = 2 ** 22) {
    this.nodes = new TreeNodes(new Int32Array(bytes / 4));
    this.nodes.clear();
    this.tree = new RadixTree(this.nodes, this.keys);
    this.#cursor = new TreeCursor(this.tree, this.keys);
  }

  insert(key: Uint8Array): void {
    const address = this.keys.add(key);
    requireSame(this.tree.insert(key, key.length, address), this.model.set(key, address));
  }

  remove(key: Uint8Array): void {
    requireSame(this.tree.remove(key), this.model.delete(key));
  }

  range(range: KeyRange, reverse: boolean, limit: number): number[] {
    const cursor = this.#cursor;
    const slots = new Int32Array(limit);
    const one = new Int32Array(1);
    const seekLower = (): void =>
      range.lower === undefined ? cursor.seekFirst() : cursor.seek(range.lower, !range.lowerInclusive);
    const seekUpper = (): void =>
      range.upper === undefined ? cursor.seekLast() : cursor.seek(range.upper, range.upperInclusive);
    let count: number;
    if (reverse) {
      seekLower();
      const stop = range.lower !== undefined && cursor.backward(one, 1, -1) === 1 ? one[0]! : -1;
      seekUpper();
      count = cursor.backward(slots, limit, stop);
    } else {
      seekUpper();
      const stop = range.upper !== undefined && cursor.forward(one, 1, -1) === 1 ? one[0]! : -1;
      seekLower();
      count = cursor.forward(slots, limit, stop);
    }
    return [...slots.subarray(0, count)].map((slot) => this.nodes.words[slot]! >>> 0);
  }

  check(range: KeyRange = EVERYTHING, reverse = false, limit = 100_000): void {
    if (isEmptyRange(range)) return;
    requireSame(this.range(range, reverse, limit), this.model.range(range, reverse, limit));
  }
}

function requireSame(actual: unknown, expected: unknown): void {
  expect(actual).toEqual(expected);
}
