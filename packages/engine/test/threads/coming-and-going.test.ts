/**
 * Proves who can join an engine and who cannot, that slots are given back however a thread goes, and what the threads
 * see when the engine is closed under them.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { SingleNodeEngine } from '@htkv/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { errorOf, resultOf, resultOfSync } from '../result-of.ts';
import { text } from '../text.ts';
import { JoinedThread } from './joined-thread.ts';
import { IS_BUILT } from './load-engine.ts';
import { SharedEngine } from './shared-engine.ts';

/** `STORAGE_TOO_MANY_THREADS` comes with one more; the thread that opened the store is one of them. */
const THREADS_MAX = 64;
/** Threads that join and are killed one after another. */
const KILLED = Number(process.env['HTKV_KILLED_THREADS'] ?? 6);

let shared: SharedEngine;

beforeAll(async () => {
  shared = await SharedEngine.start(1);
});

afterAll(() => shared.end());

describe('nobody joins', () => {
  test('in the main thread', () => {
    expect(resultOfSync(() => SingleNodeEngine.attach(shared.handle))).toBe('STORAGE_NOT_SHARED');
  });

  test.for<[string, unknown]>([
    ['nothing', undefined],
    ['an empty object', {}],
    ['an object of another kind', { kind: 'other', config: {}, store: {} }],
    ['a text', 'htkv engine'],
    ['a number', 7],
    ['an array', []],
  ])('with %s in place of a handle', ([, handle]) => {
    const error = errorOf(() => SingleNodeEngine.attach(handle as never));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain('expected handle to be what share() returned, got');
  });

  test('an engine that is not shared', () => {
    const directory = mkdtempSync(join(tmpdir(), 'htkv-alone-'));
    try {
      for (const config of [{ workerThreads: 0 }, { readOnly: true }]) {
        const engine = SingleNodeEngine.openSync({ dataDir: join(directory, 'store'), ...config });
        expect(resultOfSync(() => engine.share())).toBe('STORAGE_NOT_SHARED');
        if (config.readOnly !== true) engine.putSync('k', 'still works');
        expect(text(engine.get('k'))).toBe('still works');
        engine.closeSync();
        expect(resultOfSync(() => engine.share())).toBe('ENGINE_CLOSED');
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test('after the engine was closed', async () => {
    const other = new SharedEngine();
    const { handle } = other;
    await other.end();
    expect(await resultOf(JoinedThread.join(handle))).toBe('STORAGE_ENDED');
  });

  test('through a worker that opened the engine itself', async () => {
    const worker = new Worker(
      `
      const { parentPort, workerData } = require('node:worker_threads');
      void (async () => {
        const { loadEngine } = await import(workerData.loader);
        const { SingleNodeEngine } = await loadEngine(workerData.isBuilt);
        const engine = SingleNodeEngine.openSync({ dataDir: workerData.dataDir });
        let code;
        try { engine.share(); } catch (error) { code = error.code; }
        engine.putSync('k', 'v');
        engine.closeSync();
        parentPort.postMessage(code);
      })();`,
      {
        eval: true,
        execArgv: [],
        workerData: {
          loader: new URL('./load-engine.ts', import.meta.url).href,
          isBuilt: IS_BUILT,
          dataDir: join(shared.directory, 'of a worker'),
        },
      },
    );
    const [code] = (await once(worker, 'message')) as unknown[];
    expect(code).toBe('STORAGE_NOT_SHARED');
    await worker.terminate();
  });
});

describe('slots', () => {
  test('there are 64, and one that comes free can be had again', async () => {
    await shared.untilThreads(2);
    const [thread] = shared.threads;
    const { codes, left } = await thread!.run((_, room, joinAgain) => {
      const joinMany = (count: number): { joined: SingleNodeEngine[]; code: string | undefined } => {
        const joined: SingleNodeEngine[] = [];
        try {
          while (joined.length < count) joined.push(joinAgain());
        } catch (error) {
          return { joined, code: (error as { readonly code?: string }).code };
        }
        return { joined, code: undefined };
      };
      const first = joinMany(room + 1);
      first.joined.pop()!.closeSync();
      const second = joinMany(2);
      for (const engine of [...first.joined, ...second.joined]) {
        engine.putSync('from a slot', 'v');
        engine.closeSync();
      }
      return {
        codes: [first.joined.length, first.code, second.joined.length, second.code],
        left: joinMany(room).joined.length,
      };
    }, THREADS_MAX - 2);
    expect(codes).toEqual([THREADS_MAX - 3, 'STORAGE_TOO_MANY_THREADS', 1, 'STORAGE_TOO_MANY_THREADS']);
    expect(left).toBe(THREADS_MAX - 2);
  });

  test('all that a thread had are free when it has been killed', async () => {
    // The thread of the test before has nearly all; that it ends gives them back at once.
    await shared.threads[0]!.terminate();
    await shared.untilThreads(1);
  });

  test(`${KILLED} threads that join, write and are killed leave nothing behind`, async () => {
    for (let index = 0; index < KILLED; index += 1) {
      const [thread] = await shared.join(1);
      await thread!.run((engine, name) => void engine.putSync(name, 'v'), `killed ${index}`);
      await thread!.terminate();
    }
    await shared.untilThreads(1);
    expect(shared.engine.keys({ prefix: 'killed ' }).toArray()).toHaveLength(KILLED);
  });
});

test('what threads wrote is there after they left, and after the engine was opened again', async () => {
  const threads = await shared.join(2);
  await JoinedThread.runTogether(
    threads,
    (thread) => thread,
    async (engine, thread) => {
      for (let key = 0; key < 100; key += 1) engine.putSync(`left ${thread} ${key}`, `${key}`);
      await engine.close();
    },
  );
  await shared.untilThreads(1);
  expect(shared.engine.keys({ prefix: 'left ' }).toArray()).toHaveLength(200);
  shared.reopen();
  expect(shared.engine.keys({ prefix: 'left ' }).toArray()).toHaveLength(200);
});

test('a thread that leaves takes nothing from the others: commits go on, and others join', async () => {
  const [leaver, stayer] = await shared.join(2);
  expect(await leaver!.run((engine) => engine.put('k', 'v'), undefined)).toBe('applied');
  await leaver!.run(async (engine) => await engine.close(), undefined);
  await shared.untilThreads(2);
  const began = Date.now();
  expect(await stayer!.run((engine) => engine.put('k', 'v'), undefined)).toBe('applied');
  const [next] = await shared.join(1);
  expect(await next!.run((engine) => engine.put('k', 'v'), undefined)).toBe('applied');
  expect(Date.now() - began).toBeLessThan(8_000);
  await Promise.all([stayer!.terminate(), next!.terminate()]);
  await shared.untilThreads(1);
});

test('threads hear that the engine was closed under them, at rest and at work, and what was acknowledged is kept', async () => {
  const threads = await shared.join(2);
  const [atRest, atWork] = threads;
  const work = atWork!.run(async (engine) => {
    const acknowledged: number[] = [];
    for (let index = 0; ; index += 1) {
      try {
        await engine.put(`at work ${index}`, 'v');
        acknowledged.push(index);
      } catch (error) {
        return { acknowledged, code: (error as { readonly code?: string }).code };
      }
    }
  }, undefined);
  while (!shared.engine.has('at work 20')) await new Promise((resolve) => setTimeout(resolve, 1));
  shared.reopen();
  const { acknowledged, code } = await work;
  expect(code).toBe('ENGINE_CLOSED');
  for (const index of acknowledged) expect(shared.engine.has(`at work ${index}`)).toBe(true);
  const calls = await atRest!.run(async (engine) => {
    const codeOf = async (call: () => unknown): Promise<string | undefined> => {
      try {
        await call();
      } catch (error) {
        return (error as { readonly code?: string }).code;
      }
      return undefined;
    };
    return [
      await codeOf(() => engine.get('k')),
      await codeOf(() => engine.putSync('k', 'v')),
      await codeOf(() => engine.put('k', 'v')),
      await codeOf(() => engine.flush()),
      await codeOf(() => engine.size),
      await codeOf(() => engine.close()),
    ];
  }, undefined);
  expect(calls).toEqual([...Array.from({ length: 5 }, () => 'ENGINE_CLOSED'), undefined]);
});
