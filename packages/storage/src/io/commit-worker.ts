/**
 * The commit thread itself: writes the groups it is told to, one at a time, through its own handle of the segment.
 */
import { parentPort, workerData } from 'node:worker_threads';

import { assert, errorCode } from '@htkv/base';

import type { File } from '../fs/file-system.ts';
import { NodeFileSystem } from '../fs/node-file-system.ts';
import { isNoSpaceFailure } from '../failure.ts';
import { writeGroup } from '../log/group-writer.ts';
import { PageRing } from '../log/page-ring.ts';
import { CommitResultCell } from './commit-job.ts';
import type { CommitThreadStart, NumberedJob } from './commit-thread.ts';
import { syncFile } from '../fs/checked-io.ts';

assert(parentPort !== null, 'the commit thread has a parent');
const port = parentPort;
const start = workerData as CommitThreadStart;
const fileSystem = new NodeFileSystem();
const ring = new PageRing(start.ring, start.pageTable, start.pageLog2);
const result = new CommitResultCell(start.result);
let file: File | undefined;

function openFile(path: string): File {
  if (file?.path === path) return file;
  file?.close();
  file = fileSystem.open(path, 'write');
  return file;
}

port.on('message', (job: NumberedJob) => {
  let chain = 0;
  let isWritten = false;
  try {
    const target = openFile(job.path);
    if (job.group !== undefined) chain = writeGroup(ring, target, job.group);
    isWritten = true;
    if (job.durable) syncFile(target);
    result.set('written', chain, '');
  } catch (error) {
    const errno = errorCode((error as Error).cause) ?? errorCode(error) ?? 'UNKNOWN';
    if (isNoSpaceFailure(error)) result.set('noSpace', 0, errno);
    else result.set(isWritten ? 'syncFailed' : 'writeFailed', 0, errno);
  }
  port.postMessage(job.jobNumber);
});
// Ready: as if a job had just ended.
result.set('written', 0, '');
