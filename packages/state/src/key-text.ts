/**
 * Keys as strings, for maps: one character from U+0000 to U+00FF per byte. The mapping is one to one, and comparing
 * such strings is comparing the keys in unsigned byte order.
 */

/** Arguments per call; a call with as many as the longest key has bytes could exceed the stack. */
const BYTES_PER_CALL = 4096;

/** The text of `key`. O(length). */
export function keyText(key: Uint8Array): string {
  if (key.length <= BYTES_PER_CALL) return Reflect.apply(String.fromCharCode, undefined, key);
  let text = '';
  for (let start = 0; start < key.length; start += BYTES_PER_CALL) {
    text += keyText(key.subarray(start, start + BYTES_PER_CALL));
  }
  return text;
}
