/** What the disk itself takes for the smallest durable write: 4 KiB and fdatasync, one after another. */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { median } from './median.ts';

/** Median milliseconds of one write and sync, in a file that grows. */
export function measureDisk(directory: string): number {
  const file = openSync(join(directory, 'disk-limit'), 'w');
  const block = new Uint8Array(4096);
  const times = [];
  for (let index = 0; index < 500; index += 1) {
    const start = performance.now();
    writeSync(file, block, 0, block.length, index * block.length);
    fdatasyncSync(file);
    times.push(performance.now() - start);
  }
  closeSync(file);
  return median(times);
}
