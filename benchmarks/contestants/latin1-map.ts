/** What a program without a store does: a `Map` keyed by strings made of the bytes, each with a value of its own. */
import type { Reader } from './contestant.ts';

export class Latin1Map implements Reader {
  readonly name = 'Map';
  readonly #values = new Map<string, Uint8Array>();

  put(key: Uint8Array, value: Uint8Array): void {
    this.#values.set(latin1(key), value.slice());
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#values.get(latin1(key));
  }
}

function latin1(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
}
