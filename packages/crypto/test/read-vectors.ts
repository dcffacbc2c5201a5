/**
 * Reads the test vectors, which are data: `vectors/<name>.json`.
 */

import { readFileSync } from 'node:fs';

/** The content of a file, whose type the caller knows. */
export function readVectors(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`./vectors/${name}.json`, import.meta.url), 'utf8'));
}

/** Bytes of hexadecimal digits. */
export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'));
}

/** What all random tests start from. */
export const SEED = 0x5eed_c0de;
