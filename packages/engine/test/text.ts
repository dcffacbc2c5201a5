/** Bytes as text, for expectations. */

const decoder = new TextDecoder();

export function text(bytes: Uint8Array): string;
export function text(bytes: Uint8Array | undefined): string | undefined;
export function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : decoder.decode(bytes);
}

/** Keys of an iterable, as text. */
export function texts(keys: Iterable<Uint8Array>): string[] {
  return Array.from(keys, (key) => decoder.decode(key));
}

/** Entries as text. */
export function textEntries(entries: Iterable<readonly [Uint8Array, Uint8Array]>): [string, string][] {
  return Array.from(entries, ([key, value]) => [decoder.decode(key), decoder.decode(value)]);
}
