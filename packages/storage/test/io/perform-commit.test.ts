/**
 * Proves what a commit job does to files and in which order, that doing it again does no harm, and what it says about
 * each failure.
 */
import { beforeEach, expect, test } from 'vitest';

import { ControlMemory, controlBytes } from '../../src/control/shared-memory.ts';
import { encodeRecord, recordBytes, RecordType } from '../../src/format/record.ts';
import { performCommit, type PerformedCommit } from '../../src/io/perform-commit.ts';
import type { CommitJob } from '../../src/io/commit-job.ts';
import { addressOf } from '../../src/log/address.ts';
import type { ClosedGroup } from '../../src/log/group-writer.ts';
import { PageRing } from '../../src/log/page-ring.ts';
import { scanGroups, type CommittedGroup } from '../../src/segment/group-scanner.ts';
import {
  FaultyFileSystem,
  MemoryFileSystem,
  SeededRandom,
  TraceFileSystem,
  type Fault,
} from '../../src/testing/index.ts';

const DIRECTORY = '/data';
const PATH = '/data/segment-0000000000000009';
const SLOT = 3;
const SEED = 12_345;
const CHAIN = 99;
const START = 128;
const PAGE_LOG2 = 17;

let memory: MemoryFileSystem;
let ring: PageRing;
let group: ClosedGroup;

beforeEach(() => {
  memory = new MemoryFileSystem();
  memory.makeDirectory(DIRECTORY);
  memory.create(PATH).close();
  memory.syncDirectory(DIRECTORY);
  const control = new ControlMemory(new ArrayBuffer(controlBytes(2)), 2);
  ring = new PageRing(new ArrayBuffer(2 * 2 ** PAGE_LOG2), new Int32Array(2 ** 19), PAGE_LOG2, control);
  ring.enter(addressOf(SLOT, START));
  let offset = START;
  for (let sequence = 1; sequence <= 2; sequence += 1) {
    const head = {
      type: RecordType.set,
      keyBytes: 1,
      valueBytes: 3,
      keyHash: 1,
      previous: 0,
      sequence,
      version: sequence,
      timestamp: 0,
      expiresAt: undefined,
      separated: false,
    };
    const at = ring.at(addressOf(SLOT, offset));
    encodeRecord(ring.bytes, ring.view, at, head, Uint8Array.of(sequence), Uint8Array.of(1, 2, 3));
    offset += recordBytes(1, 3, false, false);
  }
  group = {
    slot: SLOT,
    seed: SEED,
    start: START,
    trailerOffset: offset,
    previousChain: CHAIN,
    rewritten: false,
    recordCount: 2,
    deleteCount: 0,
    firstSequence: 1,
    lastSequence: 2,
    highestVersion: 2,
    durableSegmentId: 9,
    durableBytes: START,
    firstValueId: 1,
    endValueId: 1,
  };
});

interface Doing {
  readonly performed: PerformedCommit;
  readonly calls: readonly string[];
}

/** Does the job on the file system, which has a fault perhaps. */
function perform(job: Partial<CommitJob>, fault?: Fault): Doing {
  const faulty = new FaultyFileSystem(memory);
  if (fault !== undefined) faulty.plan(fault);
  const fileSystem = new TraceFileSystem(faulty, { root: DIRECTORY });
  const performed = performCommit(
    { fileSystem, directory: DIRECTORY, ring },
    { segmentId: 9, group, durable: true, ...job },
    (path) => fileSystem.open(path, 'write'),
  );
  const calls = fileSystem.lines.map((line) => line.replace(/-0+(\d+)/, '-$1'));
  return { performed, calls: calls.filter((line) => !line.startsWith('open ')) };
}

/** The groups that a file system holds after the header. */
function groupsIn(disk: MemoryFileSystem): CommittedGroup[] {
  const groups: CommittedGroup[] = [];
  scanGroups(disk.bytesOf(PATH), SEED, START, CHAIN, (found) => groups.push(found));
  return groups;
}

const write = (): string => `write segment-9 ${START}+${group.trailerOffset + 64 - START}`;

test('a group is written, then synced if that was asked for', () => {
  const { performed, calls } = perform({});
  expect(calls).toEqual([write(), 'sync segment-9']);
  const [found] = groupsIn(memory.crashed({ random: new SeededRandom('cut'), keep: 'none' }));
  expect([found?.trailer.recordCount, found?.trailer.lastSequence]).toEqual([2, 2]);
  expect(performed).toEqual({ outcome: 'written', chain: found?.trailer.chain, errno: '' });

  expect(perform({ durable: false }).calls).toEqual([write()]);
});

test('the names of values are durable before the group that needs them is written', () => {
  group = { ...group, endValueId: 2 };
  expect(perform({}).calls).toEqual(['syncDirectory .', write(), 'sync segment-9']);
});

test('where nothing is left to write, what is written is synced', () => {
  const { performed, calls } = perform({ group: undefined });
  expect(calls).toEqual(['sync segment-9']);
  expect(performed).toEqual({ outcome: 'written', chain: 0, errno: '' });
});

test('doing it twice writes the same bytes to the same place', () => {
  const first = perform({});
  const bytes = memory.bytesOf(PATH);
  const again = perform({});
  expect(again).toEqual(first);
  expect(memory.bytesOf(PATH)).toEqual(bytes);
});

test.for([
  ['write', 'ENOSPC', 'noSpace', 'ENOSPC'],
  ['write', 'EFBIG', 'noSpace', 'EFBIG'],
  ['write', 'EIO', 'writeFailed', 'EIO'],
  ['open', 'EMFILE', 'writeFailed', 'EMFILE'],
  ['sync', 'EIO', 'syncFailed', 'EIO'],
  // A sync that finds no room has lost what was written before it.
  ['sync', 'ENOSPC', 'syncFailed', 'ENOSPC'],
] as const)('a %s that fails with %s is told as %s', ([kind, code, outcome, errno]) => {
  const { performed } = perform({}, { at: 1, kinds: [kind], code });
  expect(performed).toEqual({ outcome, chain: 0, errno });
});

test.for(['EIO', 'ENOSPC'])('names that cannot be made durable, for %s, fail the write', (code) => {
  group = { ...group, endValueId: 2 };
  const { performed, calls } = perform({}, { at: 1, kinds: ['syncDirectory'], code });
  expect(performed).toEqual({ outcome: 'writeFailed', chain: 0, errno: code });
  expect(calls.filter((line) => line.startsWith('write'))).toEqual([]);
});

test('a write that stops half way is a failed write, and is made good by the next attempt', () => {
  const { performed } = perform({}, { at: 1, kinds: ['write'], code: 'ENOSPC', effect: 'prefix' });
  expect(performed.outcome).toBe('noSpace');
  expect(groupsIn(memory)).toEqual([]);
  expect(perform({}).performed.outcome).toBe('written');
  expect(groupsIn(memory)).toHaveLength(1);
});
