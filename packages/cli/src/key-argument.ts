/** Keys as arguments, checked before a store is opened, so that a wrong one creates nothing. */
import { KEY_BYTES_MAX } from '@htkv/engine';

import { decodeText, type ByteEncoding } from './byte-encoding.ts';
import { usage } from './failure.ts';

/** The key, or the prefix of keys, that `text` stands for; `what` names it in the error. Throws `CLI_USAGE`. */
export function keyArgument(
  text: string,
  encoding: ByteEncoding,
  what: 'KEY' | 'PREFIX' = 'KEY',
): Uint8Array {
  const key = decodeText(text, encoding, what);
  if (key.length <= KEY_BYTES_MAX) return key;
  throw usage(`expected ${what} of at most ${KEY_BYTES_MAX} bytes, got ${key.length}`);
}
