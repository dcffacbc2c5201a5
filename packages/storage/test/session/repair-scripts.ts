/**
 * What a thread may be doing when it dies: one script for each way that a write or a commit goes.
 */
import { utf8 } from '@htkv/base';

import type { LogStore, RecordWrite } from '../../src/index.ts';
import type { Fault } from '../../src/testing/index.ts';
import type { TrialOptions } from '../trial-store.ts';
import type { Joined } from './shared-store.ts';

export interface RepairScript {
  readonly name: string;
  readonly options?: Omit<TrialOptions, 'fileSystem' | 'allocate'>;
  /** Brings the store to where the operation begins. */
  readonly prepare: (store: LogStore, reopen: () => LogStore) => void;
  /** What the thread has done before. */
  readonly begin?: (thread: Joined) => void;
  /** What the thread does that dies; it may be refused. */
  readonly act: (thread: Joined) => void;
  /** Whether what the thread does is the first write to the store. */
  readonly isFirst?: boolean;
  /** How many pages the survivors fill afterwards; none unless given. */
  readonly pagesAfter?: number;
  /** Whether what may go wrong goes wrong at a single instruction, so that the short run takes each of them too. */
  readonly isNarrow?: boolean;
  /** Whether deletions are forgotten, which is for good only once their segment has gone. */
  readonly isForgetful?: boolean;
  /** What the file system does in both. */
  readonly fault?: Fault;
}

export function set(name: string, version: number, length = 20, expiresAt?: number): RecordWrite {
  const value = new Uint8Array(length).fill(version);
  return { type: 'set', key: utf8(name), value, version, timestamp: 0, expiresAt };
}

export function remove(name: string, version: number): RecordWrite {
  return { type: 'delete', key: utf8(name), version, timestamp: 0 };
}

/** A few keys of every kind, some committed and some in the open group. */
function fewKeys(store: LogStore): void {
  store.apply([set('a', 1), set('b', 2), set('soon', 3, 20, 100), set('late', 4, 20, 1000)]);
  store.apply([set('gone', 5)]);
  store.apply([remove('gone', 6)]);
  store.commit(true);
  store.apply([set('c', 7)]);
  store.apply([remove('b', 8)]);
}

/** As many keys as let the next insertion find the index `inserted` insertions into its growth. */
function manyKeys(inserted: number): (store: LogStore) => void {
  return (store) => {
    const count = INDEX_CELLS * INDEX_LOAD + inserted;
    for (let index = 0; index < count; index += 1) store.apply([set(`key ${index}`, index + 1)]);
  };
}

const INDEX_CELLS = 1024;
const INDEX_LOAD = 0.125;
const growing = { indexLoadFactor: INDEX_LOAD, maxSegmentSize: 2 ** 20 };

/** Small records until the next one does not fit the segment. */
function fillSegment(store: LogStore): void {
  fewKeys(store);
  store.apply([set('filling', 9, 2700)]);
}

/** Large records until all frames are taken. */
function fillPages(store: LogStore): void {
  fewKeys(store);
  store.commit(true);
  for (let version = 10; version < 10 + 4 * 8; version += 1)
    store.apply([set(`page ${version}`, version, 30_000)]);
}

/** Enough commits for the runner to be asked. */
function manyCommits(store: LogStore): void {
  for (let version = 1; version <= 8; version += 1) {
    store.apply([set('a', version)]);
    store.commit(true);
  }
  store.apply([set('b', 9), remove('a', 10)]);
}

/** Segments with records that are needed and records that are not, large values among them. */
function someGarbage(store: LogStore): void {
  fewKeys(store);
  store.apply([set('large', 9, 40_000)]);
  for (let version = 10; version < 16; version += 1) {
    store.apply([
      set('filling', version, 2700),
      set('late', version, 20, 1000),
      set('large', version, 40_000),
    ]);
  }
  store.commit(true);
}

/** Takes a pass of compaction to its end. */
/** One entry is due, for each that is swept is a change by itself. */
function sweep({ store }: Joined): void {
  store.noteTime(300_100);
  const found = store.exclusively(() => store.compactor.beginSweep(300_100));
  while (found?.isDone === false) found.step(1);
}

function compact({ store }: Joined): void {
  const pass = store.compactor.begin(true);
  while (pass.step());
}

const batch: readonly RecordWrite[] = [
  set('new', 20),
  set('a', 21),
  remove('c', 22),
  set('late', 23),
  set('a', 24, 30, 50),
  set('twice', 25),
  set('twice', 26, 40),
  remove('gone', 27),
  set('b', 28, 20, 900),
];

const noRoom: Fault = { at: 1, kinds: ['write'], code: 'ENOSPC' };

/** Lets the thread know all keys in order. */
function list({ store }: Pick<Joined, 'store'>): void {
  store.collectKeys(EVERYTHING, false, 10_000);
}

const EVERYTHING = { lower: undefined, lowerInclusive: true, upper: undefined, upperInclusive: true };

/** Keys that fill a node of the order, so that the next one makes it grow. */
function orderedKeys(store: LogStore): void {
  for (let index = 0; index < 16; index += 1) store.apply([set(`key ${index}`, index + 1)]);
  list({ store });
}

/** One write in a store with a few keys. */
function write(name: string, ...writes: readonly RecordWrite[]): RepairScript {
  return { name, prepare: fewKeys, act: ({ store }) => void store.apply(writes) };
}

export const repairScripts: readonly RepairScript[] = [
  write('adds a key', set('new', 20)),
  write('adds a key with a deadline', set('new', 20, 20, 100)),
  write('replaces a value', set('a', 20)),
  write('sets a key again that was deleted', set('gone', 20)),
  write('moves a deadline', set('late', 20, 20, 900)),
  write('takes a deadline off', set('soon', 20)),
  write('deletes a key', remove('a', 20)),
  write('deletes a key with a deadline', remove('soon', 20)),
  write('deletes a key that is not there', remove('new', 20)),
  write('applies a batch', ...batch),
  write('applies a batch of new keys', set('new', 20), set('newer', 21), set('newest', 22)),
  write('adds a large value', set('new', 20, 40_000)),
  write('applies a batch with large values', set('a', 20, 40_000), set('b', 21), set('new', 22, 40_000)),
  {
    name: 'makes the first write of a store',
    isFirst: true,
    prepare: () => undefined,
    act: ({ store }) => void store.apply([set('a', 1)]),
  },
  {
    name: 'makes the first write after a clean end',
    isFirst: true,
    prepare: (store, reopen) => {
      fewKeys(store);
      store.close();
      reopen();
    },
    act: ({ store }) => void store.apply([set('a', 20), set('new', 21)]),
  },
  {
    name: 'begins the next segment',
    prepare: fillSegment,
    act: ({ store }) => void store.apply([set('new', 20, 2000), set('a', 21)]),
  },
  {
    // What comes after it fits the segment, which goes on, and is shorter than what sealing writes behind it.
    name: 'seals a segment that has room',
    options: { maxSegmentSize: 2 ** 15 },
    prepare: (store) => {
      for (let index = 0; index < 150; index += 1) store.apply([set(`key ${index}`, index + 1)]);
    },
    act: ({ store }) => void store.apply([set('new', 1000, 30_000)]),
  },
  {
    name: 'finds no room for the next segment',
    prepare: fillSegment,
    act: ({ store }) => void store.apply([set('new', 20, 2000), set('a', 21)]),
    fault: { at: 1, kinds: ['create'], code: 'ENOSPC' },
  },
  {
    name: 'lets a page go for the next one',
    pagesAfter: 9,
    options: { maxSegmentSize: 2 ** 22 },
    prepare: fillPages,
    act: ({ store }) => void store.apply([set('new', 50, 30_000), set('a', 51)]),
  },
  ...[0, 1, 30, 62, 63, 64].map((inserted): RepairScript => ({
    name: `adds keys ${inserted} insertions into the growth of the index`,
    options: growing,
    isNarrow: inserted > 60,
    prepare: manyKeys(inserted),
    act: ({ store }) => void store.apply([set('new', 1000), set('newer', 1001)]),
  })),
  {
    name: 'writes the open group',
    prepare: fewKeys,
    act: ({ store }) => store.commit(false),
  },
  {
    name: 'commits',
    prepare: fewKeys,
    act: ({ store }) => store.commit(true),
  },
  {
    name: 'commits where there is no room',
    prepare: fewKeys,
    act: ({ store }) => store.commit(true),
    fault: noRoom,
  },
  {
    name: 'commits a longer group where there is no room',
    prepare: (store) => {
      fewKeys(store);
      store.apply(batch);
      store.apply([set('large', 40, 40_000)]);
    },
    act: ({ store }) => store.commit(true),
    fault: noRoom,
  },
  {
    name: 'commits the first group where there is no room',
    prepare: (store) => void store.apply(batch),
    act: ({ store }) => store.commit(true),
    fault: noRoom,
  },
  {
    name: 'is refused a batch because an old record cannot be read',
    isNarrow: true,
    options: { maxSegmentSize: 2 ** 22 },
    prepare: fillPages,
    begin: ({ store }) => void store.apply([set('page 50', 50, 30_000)]),
    act: ({ store }) =>
      void store.apply([set('new', 51), set('page 40', 52), remove('newer', 53), set('a', 54)]),
    fault: { at: 1, kinds: ['read'], code: 'EIO', isSticky: true },
  },
  {
    name: 'hands a group to the commit thread',
    prepare: manyCommits,
    act: ({ store }) => void store.commitInBackground(true, () => undefined),
  },
  {
    name: 'goes on writing while the commit thread has a group',
    prepare: manyCommits,
    begin: ({ store }) => void store.commitInBackground(true, () => undefined),
    act: ({ store }) => void store.apply([set('a', 20), set('new', 21)]),
  },
  {
    name: 'takes over what the commit thread has done',
    prepare: manyCommits,
    begin: ({ store, runner }) => {
      store.commitInBackground(true, () => undefined);
      store.apply([set('new', 20)]);
      runner()!.wait();
    },
    act: ({ store }) => void store.apply([set('a', 21)]),
  },
  {
    name: 'takes over that the commit thread has found no room',
    prepare: manyCommits,
    begin: ({ store, runner }) => {
      store.commitInBackground(true, () => undefined);
      store.apply([set('new', 20)]);
      runner()!.wait();
    },
    act: ({ store }) => store.exclusively(() => undefined),
    fault: noRoom,
  },
  {
    name: 'empties segments',
    prepare: someGarbage,
    act: compact,
  },
  {
    name: 'empties segments and forgets a deletion',
    isForgetful: true,
    options: { compaction: { garbageRatio: 0.3, tombstoneGraceMs: 0 } },
    prepare: (store) => {
      store.apply([set('gone', 1), remove('gone', 2), set('filling', 3, 2700)]);
      store.apply([set('filling', 4, 2700), set('a', 5)]);
      store.commit(true);
    },
    act: compact,
  },
  {
    name: 'empties segments where there is no room',
    prepare: someGarbage,
    act: compact,
    fault: { at: 3, kinds: ['write'], code: 'ENOSPC' },
  },
  {
    name: 'brings the keys into order for the first time',
    prepare: manyKeys(0),
    act: list,
    options: growing,
  },
  {
    name: 'adds new keys to the order',
    prepare: orderedKeys,
    begin: ({ store }) =>
      void store.apply([set('a', 20), set('kex', 21), set('key', 22), set('key 100', 23)]),
    act: list,
    isNarrow: true,
  },
  {
    name: 'adds new keys to the order with a commit',
    prepare: orderedKeys,
    begin: ({ store }) => void store.apply([set('new', 20), set('newer', 21)]),
    act: ({ store }) => store.commit(true),
  },
  {
    name: 'reads entries in order that have newer records',
    prepare: orderedKeys,
    begin: ({ store }) => void store.apply([set('key 7', 20), remove('key 8', 21), set('new', 22)]),
    act: ({ store }) => void store.collectEntries(EVERYTHING, true, 100, true),
  },
  {
    name: 'takes keys back that are in order',
    prepare: (store) => {
      orderedKeys(store);
      store.commit(true);
    },
    begin: (thread) => {
      thread.store.apply([set('key', 20), set('key 7', 21), set('new', 22), set('newer', 23)]);
      list(thread);
    },
    act: ({ store }) => store.commit(true),
    fault: noRoom,
    isNarrow: true,
  },
  {
    name: 'sweeps what has expired',
    prepare: fewKeys,
    act: sweep,
  },
];
