/** Keys where a tree finds those of its leaves, each at an address, and a sorted list of them to compare the tree with. */
import { compareBytes, toHex } from '@htkv/base';

import type { KeyRange } from '../../../src/index/key-range.ts';
import type { LeafKeys } from '../../../src/index/radix-tree/leaf-keys.ts';

/** In the place of the log: an address for each record, with its key. */
export class KeyList implements LeafKeys {
  readonly #images = new Map<number, Uint8Array>();
  /** The first address has all bits set, so that signs show. */
  #nextAddress = 0xffff_ffff;
  image: Uint8Array = new Uint8Array();
  readonly keyStart = 3;
  keyLength = 0;
  /** Records that were read. */
  reads = 0;

  add(key: Uint8Array): number {
    const image = new Uint8Array(this.keyStart + key.length).fill(9);
    image.set(key, this.keyStart);
    return this.lend(image);
  }

  /** As {@link add}, for the image of a record that does not change. */
  lend(image: Uint8Array): number {
    const address = this.#nextAddress;
    this.#nextAddress -= 1;
    this.#images.set(address, image);
    return address;
  }

  /** Nobody may read the record any more. */
  forget(address: number): void {
    this.#images.delete(address);
  }

  open(address: number): void {
    const image = this.#images.get(address);
    if (image === undefined) throw new Error(`there is no record at ${address}`);
    this.reads += 1;
    this.image = image;
    this.keyLength = image.length - this.keyStart;
  }
}

export function isInside(key: Uint8Array, range: KeyRange): boolean {
  const { lower, lowerInclusive, upper, upperInclusive } = range;
  const fromLower = lower === undefined ? 1 : compareBytes(key, lower);
  const toUpper = upper === undefined ? -1 : compareBytes(key, upper);
  const isAbove = fromLower > 0 || (fromLower === 0 && lowerInclusive);
  return isAbove && (toUpper < 0 || (toUpper === 0 && upperInclusive));
}

/** What a tree should hold: keys with their addresses. */
export class SortedModel {
  readonly #entries = new Map<string, { readonly key: Uint8Array; readonly address: number }>();

  get size(): number {
    return this.#entries.size;
  }

  set(key: Uint8Array, address: number): boolean {
    const isNew = !this.#entries.has(toHex(key));
    this.#entries.set(toHex(key), { key: key.slice(), address });
    return isNew;
  }

  get(key: Uint8Array): number | undefined {
    return this.#entries.get(toHex(key))?.address;
  }

  delete(key: Uint8Array): boolean {
    return this.#entries.delete(toHex(key));
  }

  /** Addresses of the keys of a range in order. */
  range(range: KeyRange, reverse: boolean, limit: number): number[] {
    const inside = [...this.#entries.values()]
      .filter(({ key }) => isInside(key, range))
      .toSorted((one, other) => compareBytes(one.key, other.key));
    return (reverse ? inside.toReversed() : inside).slice(0, limit).map(({ address }) => address);
  }
}
