/**
 * The check that every implementation of the file-system seam makes of offsets and lengths. A negative or fractional
 * offset means "the current position" to some system calls; here it is always a mistake of the caller.
 */

/** Throws a `RangeError` unless `value` is a safe, non-negative integer. `name` says which argument it is. */
export function checkFilePosition(name: 'offset' | 'length', value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new RangeError(`expected ${name} to be a non-negative safe integer, got ${value}`);
}
