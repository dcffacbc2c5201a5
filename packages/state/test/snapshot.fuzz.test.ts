/**
 * Proves that bytes which are not exactly a snapshot are refused, with a code, without reading past the end and
 * without memory for lengths that are only announced: every flipped bit and every cut of a small snapshot, structures
 * in another order, random bytes, and changes behind which all checksums are right.
 */

import { CodedError } from '@htkv/base';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { BLOCK_PAYLOAD_BYTES_MAX, snapshotRecordLayout } from '../src/snapshot-layout.ts';
import { KvState } from '../src/kv-state.ts';
import { SEED } from './arbitraries.ts';
import { joined, mend, pieces, restored, smallState, snapshotBytes } from './snapshot-bytes.ts';

const small = snapshotBytes(smallState(), { lastSequence: 6, latestVersion: 9, takenAt: 1_700_000_000_000 });

/** `whole`, or the code of the refusal; any other error fails the test. A snapshot is written again as it was. */
async function verdictOn(bytes: Uint8Array, cuts: readonly number[] = []): Promise<string> {
  try {
    const { state, summary } = await restored(pieces(bytes, cuts));
    expect(snapshotBytes(state, summary)).toEqual(bytes);
    return 'whole';
  } catch (error) {
    if (error instanceof CodedError && error.code.startsWith('STATE_')) return error.code;
    throw error;
  }
}

test('every flipped bit is refused', async () => {
  const verdicts = new Set<string>();
  for (let bit = 0; bit < 8 * small.length; bit += 1) {
    const bytes = small.slice();
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    verdicts.add(await verdictOn(bytes, [bit]));
  }
  expect([...verdicts]).toEqual(['STATE_MALFORMED_SNAPSHOT']);
});

test('every cut is refused, and so is every byte too many', async () => {
  for (let length = 0; length < small.length; length += 1) {
    expect(await verdictOn(small.subarray(0, length)), String(length)).toBe('STATE_MALFORMED_SNAPSHOT');
    const without = joined([small.subarray(0, length), small.subarray(length + 1)]);
    expect(await verdictOn(without), String(length)).toBe('STATE_MALFORMED_SNAPSHOT');
  }
  for (const tail of [0, 1]) {
    expect(await verdictOn(joined([small, Uint8Array.of(tail)]))).toBe('STATE_MALFORMED_SNAPSHOT');
  }
  expect(await verdictOn(joined([small, small]))).toBe('STATE_MALFORMED_SNAPSHOT');
  expect(await verdictOn(small)).toBe('whole');
});

test('blocks in another order, left out, or from another snapshot are refused', async () => {
  const state = new KvState();
  const other = new KvState();
  for (let key = 0; key < 4; key += 1) {
    const value = new Uint8Array(BLOCK_PAYLOAD_BYTES_MAX - snapshotRecordLayout.totalBytes - 1);
    state.insertSnapshot(Uint8Array.of(key), { value, version: 1, timestamp: 0 });
    other.insertSnapshot(Uint8Array.of(key), { value: value.fill(1), version: 1, timestamp: 0 });
  }
  const blocksOf = (of: KvState): Uint8Array[] => {
    const bytes = snapshotBytes(of);
    const block = 8 + BLOCK_PAYLOAD_BYTES_MAX;
    return [0, 1, 2, 3, 4, 5].map((index) =>
      bytes.subarray(
        index === 0 ? 0 : 48 + (index - 1) * block,
        index === 5 ? bytes.length : 48 + index * block,
      ),
    );
  };
  const [header, a, b, c, d, trailer] = blocksOf(state) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const foreign = blocksOf(other);
  const orders = {
    swapped: [header, b, a, c, d, trailer],
    without: [header, a, b, d, trailer],
    withoutLast: [header, a, b, c, trailer],
    twice: [header, a, b, b, c, d, trailer],
    foreignBlock: [header, a, foreign[2]!, c, d, trailer],
    foreignTrailer: [header, a, b, c, d, foreign[5]!],
  };
  expect(await verdictOn(joined([header, a, b, c, d, trailer]))).toBe('whole');
  for (const [name, order] of Object.entries(orders)) {
    expect(await verdictOn(joined(order)), name).toBe('STATE_MALFORMED_SNAPSHOT');
    // Mended, the counts and digests of the trailer still tell, and the order of the keys.
    expect(await verdictOn(mend(joined(order))), name).toBe('STATE_MALFORMED_SNAPSHOT');
  }
});

test('random bytes', async () => {
  const starts = [0, 8, 44, 48, 56, 60].map((length) => [...small.subarray(0, length)]);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 120 }), async (start, tail) => {
      const bytes = Uint8Array.from([...start, ...tail]);
      expect(await verdictOn(bytes)).not.toBe('whole');
      expect(await verdictOn(mend(bytes))).not.toBe('whole');
    }),
    { seed: SEED, numRuns: 3_000 },
  );
});

test('changes behind which the checksums are right', async () => {
  const change = fc.record({
    place: fc.nat({ max: small.length - 1 }),
    byte: fc.integer({ min: 0, max: 255 }),
  });
  const verdicts = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), fc.nat(), async (changes, cut) => {
      const bytes = small.slice();
      for (const { place, byte } of changes) bytes[place] = byte;
      const verdict = await verdictOn(mend(bytes), [cut]);
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
    }),
    { seed: SEED, numRuns: 5_000 },
  );
  // All three have to occur, or this proves nothing. Whole are those that only change the position.
  expect([...verdicts.keys()].toSorted()).toEqual([
    'STATE_MALFORMED_SNAPSHOT',
    'STATE_SNAPSHOT_UNSUPPORTED',
    'whole',
  ]);
});

test('a length that is only announced takes no memory', async () => {
  const bytes = small.slice(0, 48 + 8 + 32);
  const view = new DataView(bytes.buffer);
  view.setUint32(48, 0xffff_ffff, true);
  await expect(restored([bytes])).rejects.toThrow('expected a payload of at most 65536 bytes');
  view.setUint32(48, 32, true);
  view.setUint32(56 + snapshotRecordLayout.offsets.valueBytes, 268_435_457, true);
  await expect(restored([mend(bytes)])).rejects.toThrow('expected a value of at most 268435456 bytes');
  // The longest value there can be, of which not one byte comes.
  view.setUint32(56 + snapshotRecordLayout.offsets.valueBytes, 268_435_456, true);
  const announced = mend(bytes);
  const before = process.memoryUsage().arrayBuffers;
  const waiting = restored(
    (function* heldOpen(): Generator<Uint8Array> {
      yield announced;
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
    })(),
  );
  await expect(waiting).rejects.toMatchObject({ code: 'STATE_MALFORMED_SNAPSHOT' });
});
