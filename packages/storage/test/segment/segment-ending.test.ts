/**
 * Proves what sealing does where its sections cannot be made, and that segments without any, as stores of before there
 * were sections have them, are as good as others.
 */
import { utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import { decodeSegmentFooter, encodeSegmentFooter } from '../../src/format/segment-footer.ts';
import { decodeSegmentHeader, segmentSeed } from '../../src/format/segment-header.ts';
import { sortedByHash } from '../../src/segment/sort-entries.ts';
import { SegmentLookup } from '../../src/segment/segment-lookup.ts';
import { FaultyFileSystem, MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';
import { DIRECTORY, openTrialStore } from '../trial-store.ts';

const PATH = `${DIRECTORY}/segment-0000000000000001`;
const options = { maxSegmentSize: 2 ** 22 };

function seedOf(bytes: Uint8Array): number {
  const reading = decodeSegmentHeader(bytes);
  if (reading.kind === 'damaged') throw new Error('expected a whole header');
  return segmentSeed(reading.header);
}

function footerOf(bytes: Uint8Array): ReturnType<typeof decodeSegmentFooter> {
  return decodeSegmentFooter(bytes.subarray(-128), seedOf(bytes));
}

/** Fills the first segment, more than memory holds; `beforeSeal` is called when all but its last records are written. */
function sealWith(memory: MemoryFileSystem, beforeSeal: (faults: FaultyFileSystem) => void): void {
  const fileSystem = new FaultyFileSystem(memory);
  const store = openTrialStore({ ...options, fileSystem });
  for (let index = 0; store.stats().segments.length < 2; index += 1) {
    if (index === 120) {
      store.commit(true);
      beforeSeal(fileSystem);
    }
    const value = new Uint8Array(30_000);
    store.apply([{ type: 'set', key: utf8(`key ${index}`), value, version: index + 1, timestamp: 1 }]);
  }
  fileSystem.heal();
  store.close();
}

test('a segment of which most has left memory is read back for its sections', () => {
  const memory = new MemoryFileSystem();
  sealWith(memory, () => {});
  expect(footerOf(memory.bytesOf(PATH))?.sections.map(({ kind }) => kind)).toEqual([1, 2]);
});

test.for([
  [
    'cannot be read back',
    (faults: FaultyFileSystem) => faults.plan({ at: 1, kinds: ['read'], isSticky: true }),
  ],
  ['has been damaged', (_: FaultyFileSystem, memory: MemoryFileSystem) => memory.corrupt(PATH, 300, 1)],
] as const)('a segment that %s is sealed without sections, and nothing is lost', ([, harm]) => {
  const memory = new MemoryFileSystem();
  sealWith(memory, (faults) => harm(faults, memory));
  const bytes = memory.bytesOf(PATH);
  const footer = footerOf(bytes);
  expect(footer?.sections).toEqual([]);
  expect(bytes.length).toBe(footer!.bodyBytes + 128);
  expect(SegmentLookup.open({ path: PATH, size: () => bytes.length, read: readFrom(bytes) })).toBeUndefined();
});

function readFrom(bytes: Uint8Array): (target: Uint8Array, offset: number) => number {
  return (target, offset) => {
    const found = bytes.subarray(offset, offset + target.length);
    target.set(found);
    return found.length;
  };
}

test('a segment of before there were sections is opened', () => {
  const memory = new MemoryFileSystem();
  sealWith(memory, () => {});
  const bytes = memory.bytesOf(PATH);
  const footer = footerOf(bytes)!;
  const body = bytes.subarray(0, footer.bodyBytes);
  memory.replaceDurable(
    PATH,
    new Uint8Array([...body, ...encodeSegmentFooter({ ...footer, sections: [] }, seedOf(bytes))]),
  );
  const store = openTrialStore({ ...options, fileSystem: memory });
  expect(store.read(utf8('key 3'))?.version).toBe(4);
  store.close();
});

test('entries are sorted by hash, equal ones in the order in which they came', () => {
  for (const count of [0, 1, 2, 64, 65, 1000, 40_000]) {
    const random = new SeededRandom(`entries ${count}`);
    const hashes = Uint32Array.from({ length: count + 3 }, () =>
      random.pick([random.below(2 ** 32), 7, 2 ** 32 - 1]),
    );
    const units = Uint32Array.from({ length: count + 3 }, (_, index) => index);
    const expected = Array.from(units.subarray(0, count), (unit) => [hashes[unit]!, unit]).toSorted(
      ([hash, unit], [otherHash, otherUnit]) => hash! - otherHash! || unit! - otherUnit!,
    );
    const sorted = sortedByHash({ hashes, units, count });
    const found = Array.from({ length: count }, (_, index) => [sorted.hashes[index], sorted.units[index]]);
    expect(found).toEqual(expected);
  }
});
