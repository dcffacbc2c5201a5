/**
 * Proves the order of system calls that durability rests on, by comparing what a store does with the transcript
 * written here: bytes before names, files before the directory, everything before the manifest that speaks of it,
 * the manifest before what it makes needless goes.
 */
import { utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import type { LogStore } from '../../src/index.ts';
import { MemoryFileSystem, SeededRandom, TraceFileSystem } from '../../src/testing/index.ts';
import { DIRECTORY, openTrialStore } from '../trial-store.ts';

function traced(memory: MemoryFileSystem): TraceFileSystem {
  return new TraceFileSystem(memory, { root: DIRECTORY });
}

/** What was done since the last time, with short names for files. */
function calls(trace: TraceFileSystem): string[] {
  const lines = trace.lines.map((line) => line.replace(/-0+(\d+)/, '-$1'));
  trace.clear();
  return lines;
}

function set(store: LogStore, name: string, bytes: number): void {
  const version = store.progress.lastSequence + 1;
  store.apply([{ type: 'set', key: utf8(name), value: new Uint8Array(bytes), version, timestamp: 0 }]);
}

const publish = (generation: number, bytes: number): string[] => [
  `create manifest-${generation}`,
  `write manifest-${generation} 0+${bytes}`,
  `sync manifest-${generation}`,
  'syncDirectory .',
];

const createSegment = (id: number): string[] => [
  `create segment-${id}`,
  `write segment-${id} 0+128`,
  `sync segment-${id}`,
  'syncDirectory .',
];

test('the life of a store', () => {
  const memory = new MemoryFileSystem();
  const trace = traced(memory);
  const store = openTrialStore({ fileSystem: trace });
  expect(calls(trace), 'creation').toEqual(['makeDirectory .', 'lock .', ...publish(1, 196)]);

  set(store, 'a', 100);
  expect(calls(trace), 'the first write makes the first segment').toEqual([
    ...createSegment(1),
    ...publish(2, 244),
    'remove manifest-1',
  ]);

  store.commit(false);
  expect(calls(trace), 'a group is written at once').toEqual(['write segment-1 128+224']);
  set(store, 'b', 100);
  set(store, 'c', 100);
  store.commit(true);
  expect(calls(trace), 'one write and one sync for all writes').toEqual([
    'write segment-1 352+384',
    'sync segment-1',
  ]);
  store.commit(true);
  expect(calls(trace), 'nothing is left to do').toEqual([]);

  set(store, 'large', 40_000);
  set(store, 'large too', 40_000);
  expect(calls(trace), 'values go into files, durable, when they are applied').toEqual([
    'create value-1',
    'write value-1 0+128',
    'write value-1 128+40000',
    'sync value-1',
    'create value-2',
    'write value-2 0+128',
    'write value-2 128+40000',
    'sync value-2',
  ]);
  store.commit(true);
  expect(calls(trace), 'and their names are durable before the group that needs them is written').toEqual([
    'syncDirectory .',
    'write segment-1 736+224',
    'sync segment-1',
  ]);

  set(store, 'd', 2000);
  store.commit(false);
  calls(trace);
  set(store, 'e', 2000);
  expect(calls(trace), 'a full segment is durable, sealed and durable before the next one exists').toEqual([
    'sync segment-1',
    // Bloom filter, sparse index and footer.
    'write segment-1 3088+240',
    'sync segment-1',
    ...createSegment(2),
    ...publish(3, 292),
    'remove manifest-2',
  ]);

  store.close();
  expect(calls(trace), 'closing makes all durable and then says so').toEqual([
    'write segment-2 128+2128',
    'sync segment-2',
    ...publish(4, 292),
    'remove manifest-3',
    'unlock .',
  ]);
});

test('a store that was closed is read without being changed, and says that it is open before it writes', () => {
  const memory = new MemoryFileSystem();
  const first = openTrialStore({ fileSystem: memory });
  set(first, 'a', 100);
  first.close();

  const trace = traced(memory);
  const reader = openTrialStore({ fileSystem: trace, readOnly: true });
  reader.close();
  expect(calls(trace), 'reading').toEqual([]);

  const idle = openTrialStore({ fileSystem: trace });
  idle.close();
  expect(calls(trace), 'opening and closing').toEqual(['lock .', 'unlock .']);

  const store = openTrialStore({ fileSystem: trace });
  calls(trace);
  set(store, 'b', 100);
  expect(calls(trace), 'the mark of a clean end is taken off first').toEqual([
    ...publish(4, 244),
    'remove manifest-3',
  ]);
  store.commit(true);
  expect(calls(trace), 'the last segment goes on').toEqual(['write segment-1 352+224', 'sync segment-1']);
  store.close();
});

test('after a crash, what was not proven is durable in a new place before the manifest names it', () => {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory });
  set(store, 'a', 100);
  store.commit(true);
  set(store, 'b', 100);
  store.commit(true);
  const crashed = memory.crash({ random: new SeededRandom('crash'), keep: 'none' });

  const trace = traced(crashed);
  const recovered = openTrialStore({ fileSystem: trace });
  expect(calls(trace), 'recovery').toEqual([
    'lock .',
    ...createSegment(2),
    'write segment-2 128+224',
    'sync segment-2',
    ...publish(3, 292),
    // The removal of the first had not been synced.
    'remove manifest-1',
    'remove manifest-2',
  ]);
  set(recovered, 'c', 100);
  recovered.commit(true);
  expect(calls(trace), 'and writing goes on behind it').toEqual([
    'write segment-2 352+224',
    'sync segment-2',
  ]);
});

test('after a crash without anything to prove, the segment that was begun is not used again', () => {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory });
  set(store, 'a', 100);
  const crashed = memory.crash({ random: new SeededRandom('crash'), keep: 'none' });

  const trace = traced(crashed);
  const recovered = openTrialStore({ fileSystem: trace });
  expect(calls(trace), 'recovery').toEqual([
    'lock .',
    ...publish(3, 196),
    'remove manifest-1',
    'remove manifest-2',
    'remove segment-1',
  ]);
  set(recovered, 'b', 10);
  expect(calls(trace).slice(0, 4), 'and its id is not given again').toEqual(createSegment(2));
});
