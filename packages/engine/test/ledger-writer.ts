/**
 * A program for the crash ledger: prints what it finds in a store, as lines `= key counter`, writes to it from many
 * sides at once, and prints `key counter` for each write that was acknowledged, until it is killed. A key's counter
 * grows with each of its writes. Keys come in pairs that are written by one batch, and some are written alone, at
 * level `os` or with a file of its own. If it is told so, two threads that have joined write keys of their own as well.
 */

import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { argv } from 'node:process';
import { Worker } from 'node:worker_threads';
import { SingleNodeEngine } from '@htkv/engine';

import { acknowledge, writeAll } from './ledger-lines.ts';
import { readCounter } from './ledger-value.ts';

const [dataDir = '', workerThreads = '0', joined = '0', isReaderFirst = 'false', isWriter = 'true'] =
  argv.slice(2);
const config = { dataDir, maxSegmentSize: 128 * 1024, memoryBudget: 1024 * 1024 };

/** Prints every entry, and throws if it is not what the program wrote. */
function printFound(found: SingleNodeEngine): void {
  for (const [key, value] of found.entries()) acknowledge(`= ${decoder.decode(key)} ${readCounter(value)}`);
}

const decoder = new TextDecoder();
if (isReaderFirst === 'true' && existsSync(dataDir)) {
  // A reader repairs nothing, so the writer finds what the kill left.
  const reader = SingleNodeEngine.openSync({ ...config, readOnly: true });
  printFound(reader);
  reader.closeSync();
}
const engine = await SingleNodeEngine.open({ ...config, workerThreads: Number(workerThreads) });
printFound(engine);
if (isWriter === 'true') {
  const handles = Array.from({ length: Number(joined) }, () => engine.share());
  const threads = handles.map((handle, index) => {
    const workerData = { handle, name: `thread ${index} ` };
    return new Worker(new URL('./ledger-thread.ts', import.meta.url), { workerData });
  });
  await Promise.all(threads.map((thread) => once(thread, 'message')));
  await writeAll(engine, '');
}
await engine.close();
