/**
 * Operations on byte strings that more than one layer needs. The order of keys is unsigned byte order, a shorter
 * key before its extensions, everywhere.
 */

const encoder = new TextEncoder();

/** UTF-8 bytes of `text`; a lone surrogate becomes U+FFFD, as everywhere in the platform. Owned by the caller. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/**
 * A copy of `bytes`, owned by the caller. Always a plain `Uint8Array` on memory of its own, also for subclasses:
 * `slice` is no substitute, because that of Node's `Buffer` does not copy.
 */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/** Negative, zero or positive as `left` sorts before, with or after `right`. O(length of the shorter). */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const common = Math.min(left.length, right.length);
  for (let index = 0; index < common; index += 1) {
    const difference = left[index]! - right[index]!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** Whether both hold the same bytes. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && compareBytes(left, right) === 0;
}

/** Whether `bytes` begins with `prefix`; every byte string begins with the empty one. */
export function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  if (bytes.length < prefix.length) return false;
  for (let index = 0; index < prefix.length; index += 1) {
    if (bytes[index] !== prefix[index]) return false;
  }
  return true;
}

/**
 * The smallest byte string greater than every one that begins with `prefix`, or `undefined` where none exists
 * (an empty prefix, or 0xFF only). Turns a prefix into a half-open range. Owned by the caller.
 */
export function prefixEnd(prefix: Uint8Array): Uint8Array | undefined {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 0xff) length -= 1;
  if (length === 0) return undefined;
  const end = copyBytes(prefix.subarray(0, length));
  end[length - 1]! += 1;
  return end;
}

/** Lower-case hexadecimal text of `bytes`. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}
