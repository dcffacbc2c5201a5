/**
 * The real commit thread over real files: what it commits is found again, who cannot wait for the event loop gets its
 * results all the same, and a thread that fails or dies takes nothing with it.
 */
import { mkdtempSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { utf8 } from '@htkv/base';

import { CommitThread, type LogStore } from '../../src/index.ts';
import { NodeFileSystem } from '../../src/fs/node-file-system.ts';
import { openTrialStore } from '../trial-store.ts';

let directory: string;
let thread: CommitThread | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'htkv-commit-thread-'));
  thread = undefined;
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function open(): LogStore {
  return openTrialStore({
    fileSystem: new NodeFileSystem(),
    directory: join(directory, 'store'),
    maxSegmentSize: 2 ** 20,
    memoryBudget: 2 ** 23,
    indexBytesMax: 2 ** 20,
    allocate: (bytes) => new SharedArrayBuffer(bytes),
    startCommitRunner: (memory, onDone) => (thread = new CommitThread(memory, onDone)),
  });
}

function put(store: LogStore, index: number): void {
  const value = new Uint8Array(100).fill(index);
  store.apply([{ type: 'set', key: utf8(`key ${index % 500}`), value, version: index + 1, timestamp: 0 }]);
}

/** Writes until the thread is up and has taken a commit over. */
async function begin(store: LogStore, from: number): Promise<{ next: number; done: Promise<unknown> }> {
  for (let index = from; ; index += 1) {
    put(store, index);
    const { promise, resolve } = Promise.withResolvers<unknown>();
    if (store.commitInBackground(true, resolve)) return { next: index + 1, done: promise };
    store.commit(true);
    await new Promise((resume) => setImmediate(resume));
  }
}

describe('the commit thread', () => {
  it('commits what a reopened store finds, over many segments', async () => {
    const store = open();
    let index = 0;
    for (let round = 0; round < 200; round += 1) {
      const { next, done } = await begin(store, index);
      index = next;
      for (let more = 0; more < 40; more += 1, index += 1) put(store, index);
      if (round % 3 === 0) await done;
      else if (round % 3 === 1) store.commit(true);
    }
    store.close();
    const again = open();
    expect(again.report.clean).toBe(true);
    expect(again.stats().segments.length).toBeGreaterThan(1);
    expect([again.progress.lastSequence, again.liveKeys(0)]).toEqual([index, 500]);
    for (let last = index - 500; last < index; last += 1) {
      expect(again.read(utf8(`key ${last % 500}`))?.version).toBe(last + 1);
    }
    again.close();
  });

  it('gives its result to a poll in a loop that never yields', async () => {
    const store = open();
    await (
      await begin(store, 0)
    ).done;
    put(store, 1000);
    let settled = 0;
    expect(store.commitInBackground(true, () => (settled += 1))).toBe(true);
    while (settled === 0) store.pollBackground();
    expect(store.progress.isDirty).toBe(false);
    await new Promise((resume) => setImmediate(resume));
    expect(settled).toBe(1);
    store.close();
  });

  it('reports a segment that it cannot open, and the store takes no more writes', async () => {
    const store = open();
    const { next, done } = await begin(store, 0);
    await done;
    store.commit(true);
    // A rotation makes the thread open another file; that one is gone.
    let index = next;
    const segments = store.stats().segments.length;
    while (store.stats().segments.length === segments) {
      put(store, index);
      index += 1;
      if (index % 1000 === 0) store.commit(false);
    }
    unlinkSync(store.stats().segments.at(-1)!.path);
    const { promise, resolve } = Promise.withResolvers<unknown>();
    expect(store.commitInBackground(true, resolve)).toBe(true);
    expect(await promise).toMatchObject({ code: 'STORAGE_IO' });
    expect(() => put(store, index)).toThrow(expect.objectContaining({ code: 'STORAGE_POISONED' }));
    store.close();
  });

  it('loses nothing when it dies in the middle of a job', async () => {
    const store = open();
    const { next, done } = await begin(store, 0);
    await done;
    for (let index = next; index < next + 1000; index += 1) put(store, index);
    const { promise, resolve } = Promise.withResolvers<unknown>();
    expect(store.commitInBackground(true, resolve)).toBe(true);
    thread!.close();
    expect(await promise).toBeUndefined();
    expect(store.progress.durableSequence).toBe(next + 1000);
    put(store, next + 1000);
    expect(store.commitInBackground(true, () => {})).toBe(false);
    store.commit(true);
    store.close();
    const again = open();
    expect(again.progress.lastSequence).toBe(next + 1001);
    again.close();
  });
});
