/**
 * Proves that a commit job and its result come through shared memory as they were, and that a job which was given up
 * is not ended by whoever comes late with its result.
 */
import { Worker } from 'node:worker_threads';
import { beforeEach, expect, test } from 'vitest';

import { ControlMemory, controlBytes, Word } from '../../src/control/shared-memory.ts';
import { CommitJobCell, type CommitJob } from '../../src/io/commit-job.ts';
import type { ClosedGroup } from '../../src/log/group-writer.ts';

/** The cell as the thread has it that makes the writes, and the one that does the jobs. */
let cell: CommitJobCell;
let worker: CommitJobCell;
let memory: SharedArrayBuffer;

beforeEach(() => {
  memory = new SharedArrayBuffer(controlBytes(1));
  cell = new CommitJobCell(new ControlMemory(memory, 1));
  worker = new CommitJobCell(new ControlMemory(memory, 1));
});

const group: ClosedGroup = {
  slot: 1023,
  seed: 2 ** 32 - 1,
  start: 128,
  trailerOffset: 2 ** 26,
  previousChain: 2 ** 32 - 2,
  rewritten: false,
  recordCount: 7,
  deleteCount: 3,
  firstSequence: 2 ** 52,
  lastSequence: 2 ** 53 - 1,
  highestVersion: 2 ** 53 - 2,
  durableSegmentId: 11,
  durableBytes: 13,
  firstValueId: 2 ** 51,
  endValueId: 2 ** 51 + 2,
};

const jobs: readonly CommitJob[] = [
  { segmentId: 2 ** 53 - 1, group, durable: true },
  { segmentId: 5, group: { ...group, rewritten: true }, durable: false },
  { segmentId: 5, group: undefined, durable: true },
];

function states(of: CommitJobCell): boolean[] {
  return [of.isIdle, of.isPosted, of.isDone];
}

const IDLE = [true, false, false];
const POSTED = [false, true, false];
const DONE = [false, false, true];

test.for(jobs)('a job comes through: %o', (job) => {
  expect([states(cell), states(worker)]).toEqual([IDLE, IDLE]);
  cell.post(job);
  expect([states(cell), states(worker)]).toEqual([POSTED, POSTED]);
  expect(worker.job()).toEqual(job);
  worker.end(worker.number, 'written', 1, '');
  expect([states(cell), cell.job()]).toEqual([DONE, job]);
  cell.clear();
  expect(states(worker)).toEqual(IDLE);
});

test('a job leaves nothing to the next one', () => {
  for (const job of [...jobs, ...jobs.toReversed()]) {
    cell.post(job);
    expect(worker.job()).toEqual(job);
    worker.end(worker.number, 'written', 0, '');
    cell.clear();
  }
});

test('one job at a time', () => {
  cell.post(jobs[0]!);
  expect(() => worker.post(jobs[1]!)).toThrow('one job');
});

test.for([0, 1, 2 ** 31, 2 ** 32 - 1])('a group that is written has its chain value %i', (chain) => {
  cell.post(jobs[0]!);
  worker.end(worker.number, 'written', chain, '');
  expect(cell.result('/data/segment')).toEqual({ chain });
});

test.for([
  ['noSpace', 'ENOSPC', 'STORAGE_NO_SPACE', undefined],
  ['noSpace', 'EDQUOT', 'STORAGE_NO_SPACE', undefined],
  ['writeFailed', 'EIO', 'STORAGE_IO', 'write'],
  ['syncFailed', 'EIO', 'STORAGE_IO', 'sync'],
  ['syncFailed', 'E'.repeat(100), 'STORAGE_IO', 'sync'],
] as const)('a job that ends with %s for %s says so', ([outcome, errno, code, operation]) => {
  cell.post(jobs[0]!);
  worker.end(worker.number, outcome, 0, errno);
  const result = cell.result('/data/segment');
  expect(result).toMatchObject({ failure: { code, cause: { code: errno.slice(0, 32) } } });
  const { failure } = result as { readonly failure: { readonly details: Record<string, unknown> } };
  expect([failure.details['path'], failure.details['operation']]).toEqual(['/data/segment', operation]);
});

test('a result leaves nothing of itself to the next one', () => {
  cell.post(jobs[0]!);
  worker.end(worker.number, 'writeFailed', 0, 'ETIMEDOUT');
  cell.clear();
  cell.post(jobs[0]!);
  worker.end(worker.number, 'syncFailed', 0, 'EIO');
  expect(cell.result('/data/segment')).toMatchObject({ failure: { cause: { code: 'EIO' } } });
});

test('a job that is given up has no result, and stays so when its end comes late', () => {
  cell.post(jobs[0]!);
  const { number } = worker;
  cell.lose();
  expect([states(worker), cell.result('/data/segment')]).toEqual([DONE, undefined]);
  worker.end(number, 'written', 77, '');
  expect([states(worker), cell.result('/data/segment')]).toEqual([DONE, undefined]);
  cell.clear();
  worker.end(number, 'written', 77, '');
  expect(states(cell)).toEqual(IDLE);
});

test('the late end of a job that was given up does not end the next one', () => {
  cell.post(jobs[0]!);
  const { number } = worker;
  cell.lose();
  cell.clear();
  cell.post(jobs[1]!);
  worker.end(number, 'written', 77, '');
  expect(states(cell)).toEqual(POSTED);
  worker.end(worker.number, 'written', 5, '');
  expect([states(cell), cell.result('/data/segment')]).toEqual([DONE, { chain: 5 }]);
});

test('a job that has ended cannot be given up', () => {
  cell.lose();
  expect(states(cell)).toEqual(IDLE);
  cell.post(jobs[0]!);
  worker.end(worker.number, 'written', 5, '');
  cell.lose();
  expect([states(cell), cell.result('/data/segment')]).toEqual([DONE, { chain: 5 }]);
});

test('who waits learns whether the end has come', () => {
  expect(cell.wait(0)).toBe(true);
  cell.post(jobs[0]!);
  expect(cell.wait(0)).toBe(false);
  worker.end(worker.number, 'written', 5, '');
  expect(cell.wait(0)).toBe(true);
});

test('a wake-up that comes late, of the job before, does not end the wait for this one', async () => {
  cell.post(jobs[0]!);
  const words = new Int32Array(memory, 0, 256);
  // Told again that something has ended, and nothing has; then the job ends.
  const teller = new Worker(
    `const { workerData: { words, state } } = require('node:worker_threads');
     const wait = new Int32Array(new SharedArrayBuffer(4));
     let woken = 0;
     for (let time = 0; woken === 0 && time < 5000; time += 1) {
       Atomics.wait(wait, 0, 0, 1);
       woken = Atomics.notify(words, state);
     }
     Atomics.wait(wait, 0, 0, 20);
     Atomics.add(words, state, 1);
     Atomics.notify(words, state);`,
    { eval: true, workerData: { words, state: Word.job } },
  );
  expect(cell.wait(20_000)).toBe(true);
  expect(cell.isDone).toBe(true);
  await teller.terminate();
});

test('whoever does the jobs hears of a job, and of another one once it has ended', async () => {
  const posted = worker.posted();
  expect(posted).toBeDefined();
  cell.post(jobs[0]!);
  expect(await posted).toBe('ok');
  expect(worker.posted()).toBeUndefined();
  worker.end(worker.number, 'written', 5, '');
  const next = worker.posted();
  expect(next).toBeDefined();
  cell.clear();
  cell.post(jobs[0]!);
  expect(await next).toBe('ok');
});
