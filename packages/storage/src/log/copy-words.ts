/** Copying a record from one image to another. */

/** Above this length, the view that a block copy takes is worth it. */
const LOOP_WORDS_MAX = 256;

export function copyWords(
  source: Int32Array,
  from: number,
  target: Int32Array,
  at: number,
  count: number,
): void {
  if (count > LOOP_WORDS_MAX) {
    target.set(source.subarray(from, from + count), at);
    return;
  }
  for (let word = 0; word < count; word += 1) target[at + word] = source[from + word]!;
}
