/** Values of the crash ledger: a counter and bytes that follow from it, so that a wrong byte is noticed. */

/** `counter` in eight bytes, and `bytes` more. */
export function ledgerValue(counter: number, bytes: number): Uint8Array {
  const value = new Uint8Array(8 + bytes);
  new DataView(value.buffer).setFloat64(0, counter);
  for (let index = 0; index < bytes; index += 1) value[8 + index] = (counter + index * 7) & 0xff;
  return value;
}

/** The counter of a value. Throws if any byte is not what it was. */
export function readCounter(value: Uint8Array): number {
  const counter = new DataView(value.buffer, value.byteOffset, value.byteLength).getFloat64(0);
  if (Buffer.compare(value, ledgerValue(counter, value.length - 8)) === 0) return counter;
  throw new Error(`expected the bytes of counter ${counter}, got others`);
}

/** What to write next over `value`. */
export function nextCounter(value: Uint8Array | undefined): number {
  return value === undefined ? 1 : readCounter(value) + 1;
}
