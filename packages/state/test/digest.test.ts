/**
 * Proves that the hash is FNV-1a with 64 bits, by its published test vectors and against arithmetic with big
 * integers, and that the digest of a state depends on every part of every record and on nothing else.
 */

import { utf8 } from '@htkv/base';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { digestState } from '../src/digest.ts';
import { Fnv64 } from '../src/fnv64.ts';
import { KvState } from '../src/kv-state.ts';
import type { StampedSingle } from '../src/command.ts';
import { SEED } from './arbitraries.ts';
import { remove, set } from './commands.ts';

function hashOf(...parts: Uint8Array[]): string {
  const hash = new Fnv64();
  for (const part of parts) hash.add(part);
  return hash.toHex();
}

function stateOf(...commands: StampedSingle[]): KvState {
  const state = new KvState();
  for (const command of commands) state.apply(command);
  return state;
}

describe('FNV-1a', () => {
  test.each([
    ['', 'cbf29ce484222325'],
    ['a', 'af63dc4c8601ec8c'],
    ['foobar', '85944171f73967e8'],
  ])('of %j', (text, hash) => {
    expect(hashOf(utf8(text))).toBe(hash);
  });

  test('is exact for any bytes, in one piece or several', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: 200 }), (bytes, cut) => {
        let expected = 0xcbf29ce484222325n;
        for (const byte of bytes)
          expected = ((expected ^ BigInt(byte)) * 0x100000001b3n) & 0xffff_ffff_ffff_ffffn;
        const hash = expected.toString(16).padStart(16, '0');
        expect(hashOf(bytes)).toBe(hash);
        expect(hashOf(bytes.subarray(0, cut), bytes.subarray(cut))).toBe(hash);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test('takes integers as eight bytes and tells undefined from all of them', () => {
    const hashes = [0, 1, 255, 256, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, undefined].map(
      (integer) => {
        const hash = new Fnv64();
        hash.addInteger(integer);
        const bytes = new Uint8Array(8);
        new DataView(bytes.buffer).setBigInt64(0, integer === undefined ? -1n : BigInt(integer), true);
        expect(hash.toHex()).toBe(hashOf(bytes));
        return hash.toHex();
      },
    );
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});

describe('the digest of a state', () => {
  test('does not depend on the way there', () => {
    const direct = stateOf(set('a', '1', 3), set('b', '2', 4));
    const detour = stateOf(set('b', '0', 1), set('b', '2', 4), set('a', '1', 3), set('a', 'late', 2));
    expect(digestState(detour)).toBe(digestState(direct));
    expect(digestState(new KvState())).toBe(digestState(new KvState()));
    expect(digestState(direct)).toMatch(/^[0-9a-f]{16}$/);
  });

  test('depends on every part of an entry and on where one part ends', () => {
    const states = [
      stateOf(),
      stateOf(set('a', '1', 1)),
      stateOf(set('b', '1', 1)),
      stateOf(set('a', '2', 1)),
      stateOf(set('a', '1', 2)),
      stateOf(set('a', '1', 1, { timestamp: 1001 })),
      stateOf(set('a', '1', 1, { expiresAt: 0 })),
      stateOf(set('a', '1', 1, { expiresAt: 1 })),
      stateOf(set('a', '', 1)),
      stateOf(set('a1', '', 1)),
      stateOf(set('', 'a1', 1)),
      stateOf(set('a', '1', 1), set('b', '1', 1)),
    ];
    expect(new Set(states.map((state) => digestState(state))).size).toBe(states.length);
  });

  test('is not misled by a value or key that looks like the record after it', () => {
    const onesKey = new Uint8Array(8).fill(0xff);
    const zeros = new Uint8Array(8);
    const byValue = stateOf({ ...set('', '', 1), value: zeros });
    const byKey = stateOf({ ...set('', '', 1), key: onesKey, expiresAt: 8 });
    expect(digestState(byValue)).not.toBe(digestState(byKey));

    // Kind, version, timestamp, length of the key, the key "b", no deadline: an entry up to its value.
    const bytes = new Uint8Array(41).fill(0xff);
    const view = new DataView(bytes.buffer);
    for (const [index, integer] of [1, 2, 1000, 1].entries())
      view.setBigInt64(8 * index, BigInt(integer), true);
    bytes[32] = 0x62;
    const one = stateOf({ ...set('a', '', 1), value: bytes });
    const two = stateOf(set('a', '', 1), set('b', '', 2));
    expect(digestState(one)).not.toBe(digestState(two));
  });

  test('is about tombstones only when asked', () => {
    const without = stateOf(set('a', '1', 1));
    const deleted = stateOf(set('a', '1', 1), set('b', '1', 1), remove('b', 2));
    const later = stateOf(set('a', '1', 1), set('b', '1', 1), remove('b', 3));
    expect(digestState(deleted)).toBe(digestState(without));
    const digests = [without, deleted, later].map((state) => digestState(state, { tombstones: true }));
    expect(new Set(digests).size).toBe(3);
  });

  test('leaves out entries that have expired by the moment it is asked about', () => {
    const kept = stateOf(set('a', '1', 1), set('b', '1', 1, { expiresAt: 2000 }));
    const swept = stateOf(set('a', '1', 1));
    expect(digestState(kept, { now: 2000 })).toBe(digestState(swept, { now: 2000 }));
    expect(digestState(kept, { now: 1999 })).not.toBe(digestState(swept, { now: 1999 }));
    expect(digestState(kept)).not.toBe(digestState(swept));
  });
});
