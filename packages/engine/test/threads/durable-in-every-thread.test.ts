/**
 * Proves that durability means the same in every thread: who waits for a write hears in bounded time when it is on
 * disk, whoever's group it went with, and a second opener that reads the files finds it then.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { SingleNodeEngine } from '@htkv/engine';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { resultOf } from '../result-of.ts';
import { text } from '../text.ts';
import { JoinedThread } from './joined-thread.ts';
import { IS_BUILT } from './load-engine.ts';
import { SharedEngine } from './shared-engine.ts';

let shared: SharedEngine;

beforeAll(async () => {
  shared = await SharedEngine.start(2, { fsyncIntervalMs: 60_000 });
});

afterAll(() => shared.end());

/** What is in the files. */
function onDisk(keys: readonly string[]): (string | undefined)[] {
  const reader = SingleNodeEngine.openSync({ dataDir: `${shared.directory}/store`, readOnly: true });
  const values = keys.map((key) => text(reader.get(key)));
  reader.closeSync();
  return values;
}

test('a put that is awaited is on disk, in whichever thread', async () => {
  const [one, two] = shared.threads;
  for (const [index, thread] of [one!, two!, one!, two!].entries()) {
    const key = `awaited ${index}`;
    expect(await thread.run((engine, name) => engine.put(name, 'value'), key)).toBe('applied');
    expect(onDisk([key])).toEqual(['value']);
  }
  expect(await shared.engine.put('awaited here', 'value')).toBe('applied');
  expect(onDisk(['awaited here', 'awaited 3'])).toEqual(['value', 'value']);
});

test('puts of all threads in flight resolve together, and none waits for the interval', async () => {
  const began = Date.now();
  const putMany = JoinedThread.runTogether(
    shared.threads,
    (thread) => thread,
    async (engine, thread) => {
      const outcomes: string[] = [];
      for (let round = 0; round < 20; round += 1) {
        const puts = Array.from({ length: 20 }, (_, key) =>
          engine.put(`many ${thread} ${round} ${key}`, 'v'),
        );
        outcomes.push(...(await Promise.all(puts)));
      }
      return new Set(outcomes).size === 1 && outcomes.length === 400;
    },
  );
  const here: Promise<unknown>[] = [];
  for (let key = 0; key < 200; key += 1) {
    here.push(shared.engine.put(`many here ${key}`, 'v'));
    if (key % 10 === 0) await here.at(-1);
  }
  await Promise.all(here);
  expect(await putMany).toEqual([true, true]);
  expect(Date.now() - began).toBeLessThan(20_000);
  expect(onDisk(['many 0 19 19', 'many 1 19 19', 'many here 199'])).toEqual(['v', 'v', 'v']);
  // Far fewer commits than writes.
  expect(shared.engine.stats().commits).toBeLessThan(600);
});

test('flush and durable cover what other threads wrote', async () => {
  const [one, two] = shared.threads;
  await one!.run((engine) => void engine.putSync('of one', 'a'), undefined);
  await two!.run(async (engine) => await engine.flush(), undefined);
  expect(onDisk(['of one'])).toEqual(['a']);

  const sequence = await two!.run((engine) => {
    engine.putSync('of two', 'b');
    return engine.latestSequence();
  }, undefined);
  await shared.engine.durable(sequence);
  expect(onDisk(['of two'])).toEqual(['b']);

  shared.engine.putSync('of main', 'c');
  await one!.run(async (engine) => await engine.durable(engine.latestSequence()), undefined);
  expect(onDisk(['of main'])).toEqual(['c']);
  expect(shared.engine.stats().durableSequence).toBe(shared.engine.latestSequence());
});

test('a put at level disk that does not wait for the event loop is on disk when it returns', async () => {
  const [one, two] = shared.threads;
  for (const [index, thread] of [one!, two!, one!].entries()) {
    const key = `sync ${index}`;
    await thread.run((engine, name) => void engine.putSync(name, 'v', { durability: 'disk' }), key);
    expect(onDisk([key])).toEqual(['v']);
  }
});

test('a thread that has an awaited put lives until it resolves, and no longer', async () => {
  const program = `
    const { parentPort, workerData } = require('node:worker_threads');
    void (async () => {
      const { loadEngine } = await import(workerData.loader);
      const { SingleNodeEngine } = await loadEngine(workerData.isBuilt);
      const engine = SingleNodeEngine.attach(workerData.handle);
      for (let index = 0; index < 12; index += 1) {
        void engine.put('kept alive ' + index, 'v').then(() => parentPort.postMessage(index));
        await engine.put('alone', String(index));
      }
      await engine.put('last', 'v');
      parentPort.postMessage('last');
    })();`;
  const worker = new Worker(program, {
    eval: true,
    execArgv: [],
    workerData: {
      loader: new URL('./load-engine.ts', import.meta.url).href,
      isBuilt: IS_BUILT,
      handle: shared.handle,
    },
  });
  const messages: unknown[] = [];
  worker.on('message', (message) => messages.push(message));
  const [code] = await once(worker, 'exit');
  expect(code).toBe(0);
  expect(messages).toEqual([...Array.from({ length: 12 }, (_, index) => index), 'last']);
  expect(onDisk(['last', 'kept alive 11'])).toEqual(['v', 'v']);
  await shared.untilThreads(3);
});

test('what a thread left undurable when it was killed becomes durable by itself', async () => {
  const own = await SharedEngine.start(1, { fsyncIntervalMs: 20 });
  try {
    await own.threads[0]!.run((engine) => void engine.putSync('left behind', 'v'), undefined);
    await own.threads[0]!.terminate();
    const sequence = own.engine.latestSequence();
    const deadline = Date.now() + 5_000;
    while (own.engine.stats().durableSequence < sequence && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(own.engine.stats().durableSequence).toBe(sequence);
  } finally {
    await own.end();
  }
});

test('after a close every thread is told so', async () => {
  const [one, two] = shared.threads;
  await one!.run(async (engine) => await engine.close(), undefined);
  expect(await resultOf(one!.run((engine) => engine.get('k'), undefined))).toBe('ENGINE_CLOSED');
  expect(await two!.run((engine) => engine.put('k', 'v'), undefined)).toBe('applied');
});
