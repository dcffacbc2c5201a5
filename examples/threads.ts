/**
 * Worker threads that have the store of the main thread open: the same memory, no messages. All of them add to the
 * same counter, each time on the condition that nobody else did in between.
 *
 *     node examples/threads.ts [directory]
 */
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread, threadId, Worker, workerData } from 'node:worker_threads';

import { SingleNodeEngine } from '@htkv/engine';

const ADDITIONS = 10_000;
const decoder = new TextDecoder();

if (isMainThread) await beMainThread();
else await beWorker();

async function beMainThread(): Promise<void> {
  const dataDir = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'htkv-threads-'));
  const engine = await SingleNodeEngine.open({ dataDir });
  await engine.put('counter', '0');

  // What share() gives is plain data over shared memory: workerData takes it, and so does a message.
  const handle = engine.share();
  const workers = [1, 2].map(() => new Worker(new URL(import.meta.url), { workerData: handle }));
  // The event loop of this thread runs while they join.
  await Promise.all(workers.map((worker) => once(worker, 'exit')));

  for (const [key, value] of engine.getPrefix('worker:')) {
    console.log(`${decoder.decode(key)} => ${decoder.decode(value)}`);
  }
  console.log(`counter => ${decoder.decode(engine.get('counter'))}, and no addition is lost`);

  await engine.close();
  console.log(`The store is in ${dataDir}`);
}

async function beWorker(): Promise<void> {
  const engine = SingleNodeEngine.attach(workerData);

  let conflicts = 0;
  for (let added = 0; added < ADDITIONS;) {
    const entry = engine.getEntry('counter')!;
    const sum = Number(decoder.decode(entry.value)) + 1;
    const outcome = engine.putSync('counter', `${sum}`, { ifVersion: entry.version });
    if (outcome === 'applied') added += 1;
    else conflicts += 1;
  }

  // On disk, with everything before it in the order of the writes of all threads.
  await engine.put(`worker:${threadId}`, `${ADDITIONS} additions, ${conflicts} tried again`);
  await engine.close(); // leaves; the others go on
}
