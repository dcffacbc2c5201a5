/**
 * Proves that a sealed segment can be looked up in by ranged reads of its file alone: every key is found at its newest
 * record, an absent one costs no read as often as promised, and damage is an error that names the place, never another
 * answer.
 */
import { CodedError, utf8 } from '@htkv/base';
import { beforeAll, describe, expect, test } from 'vitest';

import { decodeSegmentHeader } from '../../src/format/segment-header.ts';
import { decodeRecordHead, recordKey } from '../../src/format/record.ts';
import { SoughtKey } from '../../src/index/sought-key.ts';
import { offsetOf, slotOf } from '../../src/log/address.ts';
import { SegmentLookup, type RangedReads } from '../../src/segment/segment-lookup.ts';
import { MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';
import { DIRECTORY, openTrialStore, type TrialOptions } from '../trial-store.ts';

const PATH = `${DIRECTORY}/segment-0000000000000001`;

/** Ranged reads of bytes, counted. */
class CountedReads implements RangedReads {
  readonly path = PATH;
  readonly bytes: Uint8Array;
  reads = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  size(): number {
    return this.bytes.length;
  }

  read(target: Uint8Array, offset: number): number {
    this.reads += 1;
    const found = this.bytes.subarray(offset, offset + target.length);
    target.set(found);
    return found.length;
  }
}

/** The first segment of a store in which keys are written over and over, and some deleted. */
function sealedSegment(keys: number, options: Partial<TrialOptions> = {}): Uint8Array {
  const fileSystem = new MemoryFileSystem();
  const store = openTrialStore({ maxSegmentSize: 2 ** 20, indexBytesMax: 2 ** 20, ...options, fileSystem });
  const random = new SeededRandom(`segment of ${keys}`);
  for (let write = 0; store.stats().segments.length < 2; write += 1) {
    const key = utf8(`key ${write < keys ? write : random.below(keys)}`);
    const head = { key, version: write + 1, timestamp: 1 };
    if (write > keys && random.chance(0.1)) store.apply([{ type: 'delete', ...head }]);
    else store.apply([{ type: 'set', ...head, value: new Uint8Array(random.pick([0, 20, 20, 900])) }]);
    if (random.chance(0.05)) store.commit(false);
  }
  store.close();
  return fileSystem.bytesOf(PATH);
}

/** Offsets of the newest record of each key, found by reading all of them. */
function newestRecords(bytes: Uint8Array): Map<string, number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const newest = new Map<string, number>();
  const pageBytes = 2 ** 20;
  for (let offset = 128; offset < bytes.length;) {
    const length = view.getUint16(offset, true) * 16;
    const type = view.getUint8(offset + 2);
    if (length === 0 || type > 5 || offset + length > pageBytes) break;
    const head = decodeRecordHead(view, offset);
    if (head !== undefined) newest.set(new TextDecoder().decode(recordKey(bytes, offset, head)), offset);
    offset += length;
  }
  return newest;
}

function hashing(bytes: Uint8Array): (key: Uint8Array) => number {
  const reading = decodeSegmentHeader(bytes);
  if (reading.kind === 'damaged') throw new Error('expected a whole header');
  const sought = new SoughtKey(reading.header.keyHashSeed);
  return (key) => {
    sought.load(key);
    return sought.hash;
  };
}

describe.for([
  ['a page that is in memory, small blocks', { sparseIndexEvery: 8 }],
  ['one block for all', { sparseIndexEvery: 4096 }],
  ['pages that have left memory', { maxSegmentSize: 2 ** 22, memoryBudget: 2 ** 20 }],
] as const)('with %s', ([, options]) => {
  let bytes: Uint8Array;
  let newest: Map<string, number>;
  let hashOf: (key: Uint8Array) => number;

  beforeAll(() => {
    bytes = sealedSegment(700, { ...options, maxSegmentSize: 2 ** 20 });
    newest = newestRecords(bytes);
    hashOf = hashing(bytes);
  });

  test('every key is found at its newest record, with two reads', () => {
    const source = new CountedReads(bytes);
    const lookup = SegmentLookup.open(source)!;
    expect(newest.size).toBe(700);
    let reads = 0;
    for (const [name, offset] of newest) {
      source.reads = 0;
      const address = lookup.find(hashOf(utf8(name)), utf8(name));
      expect([slotOf(address), offsetOf(address)], name).toEqual([0, offset]);
      reads += source.reads;
    }
    // A record of 900 bytes takes one more, and so may an entry that looks like the one that is sought.
    expect(reads / newest.size).toBeLessThan(2.5);
  });

  test('an absent key is not found, mostly without a read', () => {
    const source = new CountedReads(bytes);
    const lookup = SegmentLookup.open(source)!;
    source.reads = 0;
    for (let index = 0; index < 2000; index += 1) {
      const key = utf8(`absent ${index}`);
      expect(lookup.find(hashOf(key), key)).toBe(0);
    }
    expect(source.reads).toBeLessThan(2000 * 0.02);
  });
});

test('a filter keeps the rate that it was asked for', () => {
  for (const rate of [0.3, 0.05, 0.01, 0.001]) {
    const bytes = sealedSegment(5000, { bloomFalsePositiveRate: rate, maxSegmentSize: 2 ** 20 });
    const hashOf = hashing(bytes);
    const source = new CountedReads(bytes);
    const lookup = SegmentLookup.open(source)!;
    const probes = 30_000;
    let positives = 0;
    for (let index = 0; index < probes; index += 1) {
      const key = utf8(`nothing ${index}`);
      source.reads = 0;
      expect(lookup.find(hashOf(key), key)).toBe(0);
      if (source.reads > 0) positives += 1;
    }
    // Keeping the promise, and not with many times the bits that it takes.
    expect(positives / probes, `${rate}`).toBeLessThan(rate * 1.3);
    expect(positives / probes, `${rate}`).toBeGreaterThan(rate * 0.3);
  }
});

test('opening reads header, footer, filter and sparse level, and nothing else', () => {
  const source = new CountedReads(sealedSegment(700));
  SegmentLookup.open(source);
  expect(source.reads).toBe(5);
});

test('damage is an error that names the place, and never another answer', () => {
  const bytes = sealedSegment(12, { maxSegmentSize: 4096 });
  const newest = newestRecords(bytes);
  const hashOf = hashing(bytes);
  const outcomes = { refused: 0, right: 0 };
  for (let offset = 0; offset < bytes.length; offset += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      const damaged = bytes.slice();
      damaged[offset]! ^= 1 << bit;
      try {
        const lookup = SegmentLookup.open(new CountedReads(damaged))!;
        for (const [name, place] of newest) {
          expect(offsetOf(lookup.find(hashOf(utf8(name)), utf8(name))), name).toBe(place);
        }
        expect(lookup.find(hashOf(utf8('absent')), utf8('absent'))).toBe(0);
        outcomes.right += 1;
      } catch (error) {
        if (!(error instanceof CodedError)) throw new Error(`bit ${bit} of byte ${offset}`, { cause: error });
        expect(['STORAGE_CORRUPT', 'STORAGE_FORMAT_UNSUPPORTED']).toContain(error.code);
        if (error.code === 'STORAGE_CORRUPT') expect(error.details['path']).toBe(PATH);
        outcomes.refused += 1;
      }
    }
  }
  // What is right is older records of a key, padding and trailers, which a look-up does not need.
  expect(outcomes.refused).toBeGreaterThan(outcomes.right);
});

test('a file that lost its end is refused', () => {
  const bytes = sealedSegment(12, { maxSegmentSize: 4096 });
  for (let length = 0; length < bytes.length; length += 1) {
    let code: unknown;
    try {
      SegmentLookup.open(new CountedReads(bytes.subarray(0, length)));
    } catch (error) {
      code = (error as CodedError).code;
    }
    expect(code).toBe('STORAGE_CORRUPT');
  }
});
