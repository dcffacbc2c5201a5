/**
 * Proves for every structure with a checksum that it comes back as it was written, with the extreme numbers too, and
 * that no single flipped bit of it is overlooked, nor bytes that are right and at the wrong place or in the wrong file.
 */
import { describe, expect, test } from 'vitest';

import { crc32 } from '../../src/checksum/crc32.ts';
import {
  checkCheckpointBlock,
  checkpointBytes,
  decodeCheckpointHeader,
  decodeCheckpointSegments,
  encodeCheckpointHeader,
  encodeCheckpointSegments,
  sealCheckpointBlock,
  type CheckpointHeader,
} from '../../src/format/checkpoint.ts';
import {
  COMMIT_TRAILER_BYTES,
  decodeCommitTrailer,
  encodeCommitTrailer,
  type CommitTrailer,
} from '../../src/format/commit-trailer.ts';
import { decodeFileHeader, FileKind, type FileIdentity } from '../../src/format/file-header.ts';
import { decodeManifest, encodeManifest, SegmentState, type Manifest } from '../../src/format/manifest.ts';
import {
  decodeSegmentFooter,
  encodeSegmentFooter,
  type SegmentFooter,
} from '../../src/format/segment-footer.ts';
import {
  chainStart,
  decodeSegmentHeader,
  encodeSegmentHeader,
  segmentSeed,
  type SegmentHeader,
} from '../../src/format/segment-header.ts';
import { decodeValueHeader, encodeValueHeader, type ValueHeader } from '../../src/format/value-header.ts';
import { SeededRandom } from '../../src/testing/index.ts';

const random = new SeededRandom('structures');
const identity: FileIdentity = { storeId: random.bytes(16), salt: random.bytes(16) };
const most = Number.MAX_SAFE_INTEGER;
const most32 = 2 ** 32 - 1;

const segmentHeader: SegmentHeader = {
  identity,
  segmentId: most,
  slot: 1023,
  keyHashSeed: most32,
  predecessorId: most - 1,
  predecessorBytes: 2 ** 26,
  predecessorChain: most32,
  firstSequence: most,
  createdAt: 1_700_000_000_000,
};

const footer: SegmentFooter = {
  segmentId: most,
  bodyBytes: 2 ** 26,
  chain: most32,
  firstSequence: 1,
  lastSequence: most,
  highestVersion: most,
  recordCount: most32,
  deleteCount: 0,
  sections: [
    { kind: 1, offset: 2 ** 26, bytes: most32, checksum: 1 },
    { kind: most32, offset: most32, bytes: 0, checksum: most32 },
  ],
};

const trailer: CommitTrailer = {
  rewritten: true,
  recordCount: 3,
  groupStart: 128,
  groupBytes: 2 ** 20,
  chain: most32,
  previousChain: 1,
  firstSequence: 4,
  lastSequence: most,
  durableSegmentId: most,
  durableBytes: 128,
  highestVersion: most,
};
const trailerPosition = trailer.groupStart + trailer.groupBytes;

const value: ValueHeader = { identity, valueId: most, valueBytes: most, valueChecksum: most32 };

const manifest: Manifest = {
  identity,
  generation: most,
  keyHashSeed: most32,
  pageLog2: 20,
  clean: true,
  incomplete: true,
  segments: [SegmentState.sealed, SegmentState.cut, SegmentState.active].map((state, index) => ({
    segmentId: most - 2 + index,
    slot: index,
    state,
    bytes: 2 ** 26,
    chain: most32,
    firstSequence: index,
    lastSequence: most,
    recordCount: most32,
    deleteCount: most32,
  })),
  nextSegmentId: most,
  nextValueId: 1,
  highestVersion: 0,
  lastSequence: most,
  clockHighWater: most,
  checkpointId: most,
  historyFrom: most,
};

const checkpoint: CheckpointHeader = {
  identity,
  checkpointId: most,
  cellCount: 2 ** 32,
  segmentCount: 1024,
  segmentsChecksum: most32,
  begin: {
    segmentId: most,
    bytes: 2 ** 26,
    chain: most32,
    lastSequence: most,
    recordCount: most32,
    deleteCount: 0,
  },
  end: { segmentId: most, bytes: 2 ** 26, chain: 1 },
  keys: most,
  deletedKeys: 1,
  keysWithDeadline: most,
  highestVersion: most,
  lastSequence: 2,
  nextValueId: most,
  isPartial: 1,
};

const checkpointSegments = [
  {
    segmentId: most,
    slot: 1023,
    bytes: 2 ** 26,
    chain: most32,
    recordCount: most32,
    deleteCount: 0,
    garbageUnits: 9,
  },
  { segmentId: 1, slot: 0, bytes: 128, chain: 0, recordCount: 0, deleteCount: most32, garbageUnits: 0 },
];

function encodedBlock(): Uint8Array {
  const bytes = new Uint8Array(3 * 8 + 8);
  bytes.set(new SeededRandom('cells').bytes(3 * 8));
  sealCheckpointBlock(bytes, 99, 7);
  return bytes;
}

function encodedTrailer(): Uint8Array {
  const bytes = new Uint8Array(COMMIT_TRAILER_BYTES);
  encodeCommitTrailer(bytes, 0, trailer, 99);
  return bytes;
}

interface Structure {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly decoded: unknown;
  /** What `bytes` say; `undefined` if they do not check out. */
  readonly decode: (bytes: Uint8Array) => unknown;
}

const structures: readonly Structure[] = [
  {
    name: 'a segment header',
    bytes: encodeSegmentHeader(segmentHeader),
    decoded: segmentHeader,
    decode: (bytes) => {
      const reading = decodeSegmentHeader(bytes);
      return reading.kind === 'ok' ? reading.header : undefined;
    },
  },
  {
    name: 'a segment footer',
    bytes: encodeSegmentFooter(footer, 99),
    decoded: footer,
    decode: (bytes) => decodeSegmentFooter(bytes, 99),
  },
  {
    name: 'a commit trailer',
    bytes: encodedTrailer(),
    decoded: trailer,
    decode: (bytes) => decodeCommitTrailer(bytes, 0, trailerPosition, 99),
  },
  {
    name: 'a value header',
    bytes: encodeValueHeader(value),
    decoded: value,
    decode: (bytes) => {
      const reading = decodeValueHeader(bytes);
      return reading.kind === 'ok' ? reading.header : undefined;
    },
  },
  {
    name: 'a manifest',
    bytes: encodeManifest(manifest),
    decoded: manifest,
    decode: (bytes) => {
      const reading = decodeManifest(bytes);
      return reading.kind === 'ok' ? reading.manifest : undefined;
    },
  },
  {
    name: 'a checkpoint header',
    bytes: encodeCheckpointHeader(checkpoint),
    decoded: checkpoint,
    decode: (bytes) => {
      const reading = decodeCheckpointHeader(bytes, checkpointBytes(2 ** 32, 1024));
      return reading.kind === 'ok' ? reading.header : undefined;
    },
  },
  {
    name: 'a list of segments in a checkpoint',
    bytes: encodeCheckpointSegments(checkpointSegments),
    decoded: checkpointSegments,
    decode: (bytes) =>
      decodeCheckpointSegments(bytes, 99, crc32(encodeCheckpointSegments(checkpointSegments), 99)),
  },
  {
    name: 'a block of cells in a checkpoint',
    bytes: encodedBlock(),
    decoded: true,
    decode: (bytes) => (checkCheckpointBlock(bytes, 99, 7) ? true : undefined),
  },
];

describe.for(structures)('$name', ({ bytes, decoded, decode }) => {
  test('comes back as it was written', () => {
    expect(decode(bytes)).toEqual(decoded);
  });

  test('does not check out with any one bit flipped', () => {
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const damaged = new Uint8Array(bytes);
      damaged[bit >>> 3]! ^= 1 << (bit & 7);
      expect(decode(damaged), `bit ${bit}`).toBeUndefined();
    }
  });

  test('does not check out when it is cut', () => {
    for (let length = 0; length < bytes.length; length += 1) {
      expect(decode(bytes.slice(0, length)), `${length} bytes`).toBeUndefined();
    }
  });
});

test('a trailer counts at its place and in its segment only', () => {
  const bytes = encodedTrailer();
  expect(decodeCommitTrailer(bytes, 0, trailerPosition + 16, 99)).toBeUndefined();
  expect(decodeCommitTrailer(bytes, 0, trailerPosition, 98)).toBeUndefined();
});

test('a footer counts in its segment only', () => {
  expect(decodeSegmentFooter(encodeSegmentFooter(footer, 99), 98)).toBeUndefined();
});

test('a header is not taken for one of another kind of file', () => {
  const bytes = encodeValueHeader(value);
  expect(decodeFileHeader(bytes, FileKind.value, 128).kind).toBe('ok');
  expect(decodeFileHeader(bytes, FileKind.segment, 128)).toEqual({
    kind: 'damaged',
    expected: 'file kind 1',
    actual: 'file kind 3',
  });
});

test('the seed of a segment follows from its salt and its id', () => {
  const seed = segmentSeed(segmentHeader);
  expect(segmentSeed({ ...segmentHeader, segmentId: 7 })).not.toBe(seed);
  expect(segmentSeed({ ...segmentHeader, identity: { ...identity, salt: new Uint8Array(16) } })).not.toBe(
    seed,
  );
  expect(segmentSeed({ ...segmentHeader, slot: 7 })).toBe(seed);
});

test('the chain of a segment starts with what its header says', () => {
  const start = chainStart(encodeSegmentHeader(segmentHeader));
  expect(chainStart(encodeSegmentHeader({ ...segmentHeader, predecessorChain: 7 }))).not.toBe(start);
});

test('a block of cells counts at its place and in its checkpoint only', () => {
  expect(checkCheckpointBlock(encodedBlock(), 99, 6)).toBe(false);
  expect(checkCheckpointBlock(encodedBlock(), 98, 7)).toBe(false);
});

test('a checkpoint counts only if its file is as long as it says', () => {
  const bytes = encodeCheckpointHeader(checkpoint);
  const length = checkpointBytes(2 ** 32, 1024);
  expect(decodeCheckpointHeader(bytes, length).kind).toBe('ok');
  expect(decodeCheckpointHeader(bytes, length - 1).kind).toBe('damaged');
  expect(decodeCheckpointHeader(bytes, length + 1).kind).toBe('damaged');
  const crowded = encodeCheckpointHeader({ ...checkpoint, segmentCount: 1025 });
  expect(decodeCheckpointHeader(crowded, checkpointBytes(2 ** 32, 1025)).kind).toBe('damaged');
});
