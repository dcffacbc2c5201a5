/**
 * The calls of an engine that are made of its other calls: what they promise follows from those, in every engine.
 */
import { keyBytes, type BytesLike } from './key-bytes.ts';
import type { KvSnapshot } from './kv-engine.ts';
import type { RangeOptions } from './range.ts';
import type { RangeReader } from './range-reader.ts';
import { checkFunction, readWith } from './snapshot/read-with.ts';

export abstract class ConvenientEngine {
  abstract snapshot(): KvSnapshot;
  abstract entries(range?: RangeOptions): RangeReader<[key: Uint8Array, value: Uint8Array]>;

  getPrefix(prefix: BytesLike): [key: Uint8Array, value: Uint8Array][] {
    return this.entries({ prefix: keyBytes(prefix, 'prefix') }).toArray();
  }

  readWith<Result>(read: (view: KvSnapshot) => Result): Result {
    checkFunction(read, 'read');
    return readWith(this.snapshot(), read);
  }
}
