/**
 * The place behind a key, as a word that a shell passes on unharmed: base64 for URLs, behind a letter, so that it is
 * never empty and never begins with a dash.
 */
import { Buffer } from 'node:buffer';

import { KEY_BYTES_MAX } from '@htkv/engine';

import { usage } from './failure.ts';

const FORM = /^k[A-Za-z0-9_-]*$/;

export function cursorOf(key: Uint8Array): string {
  return `k${Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('base64url')}`;
}

/** The key that `cursor` stands behind. Throws `CLI_USAGE`. */
export function cursorKey(cursor: string): Uint8Array {
  const key = FORM.test(cursor) ? Buffer.from(cursor.slice(1), 'base64url') : undefined;
  if (key === undefined || key.length > KEY_BYTES_MAX || cursorOf(key) !== cursor) {
    throw usage('expected the cursor that an earlier command told');
  }
  return key;
}
