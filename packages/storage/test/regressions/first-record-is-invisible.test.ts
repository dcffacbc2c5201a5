/**
 * In an earlier store the first record of the log got address 0, which its index took for "no record": the write
 * succeeded and the key was not found, and its own tests were content with four keys out of five. No record has address
 * 0 here, because a segment begins with its header.
 */
import { utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import { MemoryFileSystem } from '../../src/testing/index.ts';
import { openTrialStore } from '../trial-store.ts';

test('the very first record is found, before and after a reopen, the empty key and the empty value too', () => {
  for (const [key, value] of [
    [utf8('first'), utf8('value')],
    [new Uint8Array(), new Uint8Array()],
    [Uint8Array.of(0), Uint8Array.of(0)],
  ] as const) {
    const memory = new MemoryFileSystem();
    const store = openTrialStore({ fileSystem: memory });
    store.apply([{ type: 'set', key, value, version: 1, timestamp: 0 }]);
    expect(store.read(key)?.value).toEqual(value);
    expect(store.liveKeys(0)).toBe(1);
    store.close();
    const again = openTrialStore({ fileSystem: memory });
    expect(again.read(key)?.value).toEqual(value);
    expect(again.liveKeys(0)).toBe(1);
  }
});
