/**
 * The commit thread itself: does the jobs that are posted, one at a time, through its own handle of the segment.
 */
import { parentPort, threadId, workerData, type MessagePort } from 'node:worker_threads';

import { assert } from '@htkv/base';

import { ControlMemory } from '../control/shared-memory.ts';
import type { File } from '../fs/file-system.ts';
import { NodeFileSystem } from '../fs/node-file-system.ts';
import { PageRing } from '../log/page-ring.ts';
import { watchThreads } from '../session/registration.ts';
import { ThreadSlots } from '../session/thread-slots.ts';
import { CommitJobCell } from './commit-job.ts';
import type { CommitMemory } from './commit-runner.ts';
import { performCommit } from './perform-commit.ts';

assert(parentPort !== null, 'the commit thread has a parent');
const port = parentPort;
const memory = workerData as CommitMemory;
const control = new ControlMemory(memory.control, memory.ring.byteLength / 2 ** memory.pageLog2);
const cell = new CommitJobCell(control);
const slots = new ThreadSlots(control.threadSlots);
const fileSystem = new NodeFileSystem();
const ring = new PageRing(memory.ring, memory.pageTable, memory.pageLog2, control);
const place = { fileSystem, directory: memory.directory, ring };
let file: File | undefined;

function openFile(path: string): File {
  if (file?.path === path) return file;
  file?.close();
  file = undefined;
  file = fileSystem.open(path, 'write');
  return file;
}

/** Threads that have the store open, by slot. */
const attached = new Map<number, MessagePort>();

function tellWaiting(): void {
  port.postMessage('done');
  for (const [slot, thread] of attached) {
    if (slots.isWaiting(slot)) thread.postMessage('done');
  }
}

watchThreads({
  store: memory.store,
  slots,
  claims: true,
  onCome: (slot, thread) => void attached.set(slot, thread),
  onGone: (slot) => void attached.delete(slot),
});

async function run(): Promise<never> {
  for (;;) {
    await cell.posted();
    if (!cell.isPosted) continue;
    const { number } = cell;
    const { outcome, chain, errno } = performCommit(place, cell.job(), openFile);
    cell.end(number, outcome, chain, errno);
    // Somebody who waited may have lost patience with a slow disk.
    cell.hasRunner = true;
    tellWaiting();
    ring.touchAhead();
  }
}

// The loop stays alive without waiting promises keeping it so.
port.on('message', () => undefined);
cell.runnerThread = threadId;
cell.hasRunner = true;
void run();
