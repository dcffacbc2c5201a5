/** Where the tree reads the key of a leaf: the record at its address. A cursor, like the reader of the log. */
export interface LeafKeys {
  /** Moves to the record at `address`; the others speak of it until the next call. Throws what reading throws. */
  open(address: number): void;
  /** The memory that the record lies in. */
  readonly image: Uint8Array;
  /** Where its key begins there, and its length. */
  readonly keyStart: number;
  readonly keyLength: number;
}

/** Bytes that the first `length` bytes of `key` and the key of the open record have in common. */
export function commonBytes(keys: LeafKeys, key: Uint8Array, length: number): number {
  const { image, keyStart } = keys;
  const shorter = Math.min(length, keys.keyLength);
  let common = 0;
  while (common < shorter && image[keyStart + common] === key[common]) common += 1;
  return common;
}
