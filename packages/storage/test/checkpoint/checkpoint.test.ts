/**
 * Proves which checkpoint a store begins with, what becomes of the others, when one is due, and what is refused: the
 * newest that checks out and belongs to the log, never one that speaks of more than the manifest proves.
 */
import { errorCode, utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import { CHECKPOINT_LOG_BYTES_MIN } from '../../src/checkpoint/checkpoint-keeper.ts';
import {
  decodeCheckpointHeader,
  encodeCheckpointHeader,
  type CheckpointHeader,
} from '../../src/format/checkpoint.ts';
import type { LogStore } from '../../src/index.ts';
import { FaultyFileSystem, MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';
import { DIRECTORY, openTrialStore } from '../trial-store.ts';

function set(store: LogStore, name: string, bytes = 10): void {
  const version = store.progress.lastSequence + 1;
  store.apply([{ type: 'set', key: utf8(name), value: new Uint8Array(bytes), version, timestamp: 0 }]);
}

function checkpoint(store: LogStore): number {
  const run = store.beginCheckpoint();
  while (!run.step());
  return run.result?.checkpointId ?? 0;
}

function checkpointsOf(memory: MemoryFileSystem): number[] {
  return memory
    .list(DIRECTORY)
    .filter((name) => name.startsWith('checkpoint-'))
    .map((name) => Number(name.slice('checkpoint-'.length)));
}

function pathOf(checkpointId: number): string {
  return `${DIRECTORY}/checkpoint-${String(checkpointId).padStart(16, '0')}`;
}

/** Puts another header into a checkpoint, as a store that went wrong would have written it. */
function forge(
  memory: MemoryFileSystem,
  id: number,
  change: (header: CheckpointHeader) => CheckpointHeader,
): void {
  const bytes = memory.bytesOf(pathOf(id)).slice();
  const reading = decodeCheckpointHeader(bytes, bytes.length);
  if (reading.kind === 'damaged') throw new Error('expected a whole checkpoint');
  bytes.set(encodeCheckpointHeader(change(reading.header)));
  memory.replaceDurable(pathOf(id), bytes);
}

test('a store without records needs no checkpoint', () => {
  const memory = new MemoryFileSystem();
  expect(checkpoint(openTrialStore({ fileSystem: memory }))).toBe(0);
  expect(checkpointsOf(memory)).toEqual([]);
});

test('each has a higher id than any before, over restarts too, and replaces the one before', () => {
  const memory = new MemoryFileSystem();
  const ids: number[] = [];
  for (let life = 0; life < 3; life += 1) {
    const store = openTrialStore({ fileSystem: memory });
    set(store, 'a');
    ids.push(checkpoint(store), checkpoint(store));
    expect(checkpointsOf(memory)).toEqual([ids.at(-1)]);
    store.close();
  }
  expect(ids.toSorted((one, other) => one - other)).toEqual(ids);
  expect(new Set(ids).size).toBe(6);
  expect(openTrialStore({ fileSystem: memory }).report.checkpointId).toBe(ids.at(-1));
});

test('an id that a crash has left unused is not given again', () => {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory });
  set(store, 'a');
  const run = store.beginCheckpoint();
  for (let slice = 0; slice < 3; slice += 1) run.step();
  const [unfinished] = checkpointsOf(memory) as [number];

  const killed = memory.killed();
  const recovered = openTrialStore({ fileSystem: killed });
  expect(recovered.report).toMatchObject({ checkpointId: 0, checkpointRefusal: undefined, orphans: 1 });
  expect(checkpointsOf(killed)).toEqual([]);
  expect(checkpoint(recovered)).toBeGreaterThan(unfinished);
});

test('the one before is used if it is still there', () => {
  const memory = new MemoryFileSystem();
  const faults = new FaultyFileSystem(memory);
  const store = openTrialStore({ fileSystem: faults });
  set(store, 'a');
  const first = checkpoint(store);
  set(store, 'b');
  faults.plan({ at: 1, kinds: ['remove'], code: 'EACCES', isSticky: true });
  const second = checkpoint(store);
  faults.heal();
  store.close();
  expect(checkpointsOf(memory)).toEqual([first, second]);

  memory.corrupt(pathOf(second), 300, 1);
  const { report } = openTrialStore({ fileSystem: memory, readOnly: true });
  expect(report).toMatchObject({ checkpointId: first, checkpointKeys: 1, records: 1 });
  expect(report.checkpointRefusal).toContain(pathOf(second));
});

test('a checkpoint that ends behind what the manifest proves is not believed', () => {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory });
  set(store, 'a');
  const id = checkpoint(store);
  store.close();
  for (const endBytes of [16, 2 ** 20]) {
    const copy = memory.crashed({ random: new SeededRandom('copy'), keep: 'all' });
    forge(copy, id, (header) => ({
      ...header,
      end: { ...header.end, bytes: header.end.bytes + endBytes },
    }));
    const opened = openTrialStore({ fileSystem: copy });
    expect(opened.report.checkpointId).toBe(0);
    expect(opened.report.checkpointRefusal).toContain('a longer log');
    expect(opened.head(utf8('a'))?.version).toBe(1);
  }
});

test.for<readonly [string, (header: CheckpointHeader) => CheckpointHeader]>([
  ['has another number of keys', (header) => ({ ...header, keys: header.keys + 1 })],
  ['begins in no segment', (header) => ({ ...header, begin: { ...header.begin, segmentId: 0 } })],
  [
    'ends with another chain',
    (header) => ({ ...header, end: { ...header.end, chain: header.end.chain ^ 1 } }),
  ],
  ['has another id', (header) => ({ ...header, checkpointId: header.checkpointId + 1 })],
  ['ends before it begins', (header) => ({ ...header, end: { ...header.end, bytes: 128 } })],
])('a checkpoint that %s is not believed', ([, change]) => {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory });
  set(store, 'a');
  store.commit(true);
  const id = checkpoint(store);
  set(store, 'b');
  store.close();
  forge(memory, id, change);
  const opened = openTrialStore({ fileSystem: memory });
  expect(opened.report).toMatchObject({ checkpointId: 0, records: 2 });
  expect(opened.report.checkpointRefusal).toBeDefined();
  expect(opened.stats().indexedKeys).toBe(2);
});

test('one is due when the log since the last one is long, and a clean close takes it', () => {
  const memory = new MemoryFileSystem();
  const options = { fileSystem: memory, maxSegmentSize: 2 ** 24 };
  const store = openTrialStore(options);
  set(store, 'small');
  expect(store.isCheckpointDue).toBe(false);
  for (let index = 0; index * 30_000 < CHECKPOINT_LOG_BYTES_MIN; index += 1) set(store, `${index}`, 30_000);
  store.commit(true);
  expect(store.isCheckpointDue).toBe(true);
  checkpoint(store);
  expect(store.isCheckpointDue).toBe(false);
  for (let index = 0; index * 30_000 < CHECKPOINT_LOG_BYTES_MIN; index += 1) set(store, `${index}`, 30_000);
  const [before] = checkpointsOf(memory);
  store.close();
  expect(checkpointsOf(memory)).toHaveLength(1);
  expect(checkpointsOf(memory)[0]).toBeGreaterThan(before!);
  const opened = openTrialStore(options);
  expect(opened.report).toMatchObject({ clean: true, records: 0, checkpointRefusal: undefined });
  expect(opened.isCheckpointDue).toBe(false);
});

test('a close without room for a checkpoint closes without one', () => {
  const memory = new MemoryFileSystem();
  const faults = new FaultyFileSystem(memory);
  const store = openTrialStore({ fileSystem: faults, maxSegmentSize: 2 ** 24 });
  for (let index = 0; index * 30_000 < CHECKPOINT_LOG_BYTES_MIN; index += 1) set(store, `${index}`, 30_000);
  store.commit(true);
  faults.plan({ at: 1, kinds: ['write'], code: 'ENOSPC' });
  store.close();
  expect(checkpointsOf(memory)).toEqual([]);
  expect(openTrialStore({ fileSystem: memory }).report).toMatchObject({ clean: true, checkpointId: 0 });
});

test('a store that is only read uses one and makes none', () => {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory });
  set(store, 'a');
  const id = checkpoint(store);
  set(store, 'b');
  store.commit(true);
  const reader = openTrialStore({ fileSystem: memory, readOnly: true });
  expect(reader.report).toMatchObject({ checkpointId: id, records: 1 });
  expect(reader.head(utf8('a'))?.version).toBe(1);
  expect(reader.head(utf8('b'))?.version).toBe(2);
  let code: string | undefined;
  try {
    reader.beginCheckpoint();
  } catch (error) {
    code = errorCode(error);
  }
  expect(code).toBe('STORAGE_READ_ONLY');
});

test('a checkpoint waits for an index that grows, and begins again when one begins to grow', () => {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory, maxSegmentSize: 2 ** 22, indexBytesMax: 2 ** 20 });
  const fill = (from: number, to: number): void => {
    for (let index = from; index < to; index += 1) set(store, `key ${index}`, 0);
  };
  // Of 1,024 cells 70 % are taken: the table is growing.
  fill(0, 720);
  const run = store.beginCheckpoint();
  run.step();
  run.step();
  // The next table grows as well.
  fill(720, 1500);
  while (!run.step()) fill(0, 1);
  expect(run.result?.keys).toBe(1500);
  store.close();
  const opened = openTrialStore({ fileSystem: memory, indexBytesMax: 2 ** 20 });
  expect(opened.report).toMatchObject({
    checkpointId: run.result!.checkpointId,
    checkpointRefusal: undefined,
  });
  expect(opened.stats().indexedKeys).toBe(1500);
});

test('values in files of their own outlive a checkpoint that does not know them', () => {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory });
  set(store, 'large', 40_000);
  checkpoint(store);
  set(store, 'later', 40_000);
  store.close();
  memory.replaceDurable(`${DIRECTORY}/value-0000000000000099`, new Uint8Array(10));
  const opened = openTrialStore({ fileSystem: memory });
  expect(opened.report).toMatchObject({ orphans: 1, checkpointRefusal: undefined });
  expect(opened.read(utf8('large'))?.value).toEqual(new Uint8Array(40_000));
  expect(opened.read(utf8('later'))?.value).toEqual(new Uint8Array(40_000));
});
