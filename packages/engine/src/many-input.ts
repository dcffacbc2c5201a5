/** Many keys or entries at a time, as callers give them: anything that can be iterated, and nothing else. */
import { ArgumentTypeError } from '@htkv/state';

import { keyBytes, valueBytes, type BytesLike } from './key-bytes.ts';
import { kindOf } from './known-options.ts';

/** The keys as bytes. Throws a `TypeError` or `RangeError`. */
export function allKeyBytes(keys: Iterable<BytesLike>): Uint8Array[] {
  checkIterable(keys, 'keys');
  return Array.from(keys, (key) => keyBytes(key));
}

/** Keys and values as bytes. Throws a `TypeError` or `RangeError`. */
export function allEntryBytes(
  entries: Iterable<readonly [key: BytesLike, value: BytesLike]>,
): { readonly key: Uint8Array; readonly value: Uint8Array }[] {
  checkIterable(entries, 'entries');
  return Array.from(entries, (entry: unknown) => {
    if (!Array.isArray(entry) || entry.length !== 2) {
      const received = Array.isArray(entry) ? `an array of ${entry.length}` : kindOf(entry);
      throw new ArgumentTypeError(`expected each entry to be an array of key and value, got ${received}`);
    }
    const [key, value] = entry as [BytesLike, BytesLike];
    return { key: keyBytes(key), value: valueBytes(value) };
  });
}

function checkIterable(given: unknown, name: string): void {
  const isIterable = given !== undefined && given !== null && Symbol.iterator in Object(given);
  if (!isIterable) throw new ArgumentTypeError(`expected ${name} to be iterable, got ${kindOf(given)}`);
}
