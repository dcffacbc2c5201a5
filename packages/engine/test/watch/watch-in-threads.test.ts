/**
 * Proves watches of a store that threads share: each thread gets the changes of all in one order, is woken by what others
 * make durable, stays alive while it waits, and learns of the end; also beside threads that are killed.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { IS_BUILT } from '../threads/load-engine.ts';
import { SharedEngine } from '../threads/shared-engine.ts';
import { shown } from './changes.ts';

const execute = promisify(execFile);

const WRITES = 400;
let shared: SharedEngine;

beforeAll(async () => {
  shared = await SharedEngine.start(3, { maxSegmentSize: 256 * 1024, compactionIntervalMs: 0 });
});

afterAll(() => shared.end());

test('two threads write, and every thread gets what both did, in the same order', async () => {
  const { engine, threads } = shared;
  const since = engine.latestSequence();
  const writers = threads.slice(0, 2);
  const read = async (): Promise<string[]> => {
    const lines: string[] = [];
    const watch = engine.watch({ prefix: 'both ', since });
    while (lines.length < 2 * WRITES) lines.push(shown((await watch.next()).value!));
    await watch.return();
    return lines;
  };
  const reading = read();
  const reader = threads[2]!.run(
    async (attached, { from, count }) => {
      const decoder = new TextDecoder();
      const lines: string[] = [];
      for await (const change of attached.watch({ prefix: 'both ', since: from })) {
        const value = change.type === 'set' ? decoder.decode(change.value) : '';
        lines.push(`${change.sequence} ${change.type} ${decoder.decode(change.key)} = ${value}`);
        if (lines.length === count) break;
      }
      return lines;
    },
    { from: since, count: 2 * WRITES },
  );
  await Promise.all(
    writers.map((thread, index) =>
      thread.run(
        async (attached, { name, count }) => {
          for (let write = 0; write < count; write += 1) {
            if (write % 3 === 0) await attached.put(`both ${name}`, String(write));
            else attached.putSync(`both ${name}`, String(write));
            attached.putSync(`other ${name}`, 'x');
          }
        },
        { name: String(index), count: WRITES },
      ),
    ),
  );
  const [here, there] = await Promise.all([reading, reader]);
  expect(there).toEqual(here);
  for (const name of ['0', '1']) {
    const own = here
      .filter((line) => line.includes(` both ${name} `))
      .map((line) => Number(line.split('= ')[1]));
    expect(own).toEqual(Array.from({ length: WRITES }, (_, index) => index));
  }
});

test('a thread is woken by a write of another one, over and over', async () => {
  const { engine, threads } = shared;
  const echo = threads[0]!.run(async (attached, rounds) => {
    let round = 0;
    for await (const change of attached.watch({ key: 'ping' })) {
      await attached.put('pong', change.type === 'set' ? change.value : '');
      round += 1;
      if (round === rounds) break;
    }
    return round;
  }, 30);
  await threads[0]!.run((attached) => attached.latestSequence(), undefined);
  const watch = engine.watch({ key: 'pong' });
  for (let round = 0; round < 30; round += 1) {
    await engine.put('ping', String(round));
    expect(shown((await watch.next()).value!)).toMatch(new RegExp(`set pong = ${round}$`));
  }
  expect(await echo).toBe(30);
});

test('a thread that is killed while it writes leaves a feed that goes on', async () => {
  const { engine } = shared;
  for (let victim = 0; victim < 3; victim += 1) {
    const since = engine.latestSequence();
    const [thread] = await shared.join(1);
    void thread!
      .run((attached) => {
        const never = new Int32Array(new SharedArrayBuffer(4));
        for (let write = 0; ; write += 1) {
          // Not faster than anybody can follow on a busy machine.
          if (write % 20 === 0) Atomics.wait(never, 0, 0, 1);
          // Nothing is overwritten: compaction has no reason to overtake who follows.
          attached.submitBatchSync([
            { type: 'set', key: `first ${write}`, value: 'x' },
            { type: 'set', key: `second ${write}`, value: 'x' },
          ]);
        }
      }, undefined)
      .catch(() => undefined);
    const watch = engine.watch({ since });
    const batches = watch.batches();
    let expected = since + 1;
    for (let arrays = 0; arrays < 5; arrays += 1) {
      const changes = (await batches.next()).value!;
      expect(changes.length % 2).toBe(0);
      for (const { sequence } of changes) {
        expect(sequence).toBe(expected);
        expected += 1;
      }
    }
    await thread!.terminate();
    await engine.put('after', 'x');
    await engine.flush();
    const last = engine.latestSequence();
    while (watch.position < last) {
      for (const { sequence } of (await batches.next()).value!) {
        expect(sequence).toBe(expected);
        expected += 1;
      }
    }
    expect(expected).toBe(last + 1);
  }
});

test('closing the engine ends the watches of every thread', async () => {
  const { engine } = shared;
  // Others were killed.
  const threads = shared.threads.slice(0, 3);
  const waiting = threads.map((thread) =>
    thread.run(async (attached) => {
      let count = 0;
      for await (const _ of attached.watch({ key: 'nobody writes it' })) count += 1;
      return count;
    }, undefined),
  );
  // Each of them has begun.
  await Promise.all(threads.map((thread) => thread.run((attached) => attached.latestSequence(), undefined)));
  engine.closeSync();
  expect(await Promise.all(waiting)).toEqual(threads.map(() => 0));
  shared.reopen();
});

/** Runs a program that watches, in a process of its own; what it printed, and how it ended. */
async function runProgram(program: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'htkv-watch-'));
  const module = import.meta.resolve('@htkv/engine');
  const source = `
    import { SingleNodeEngine } from ${JSON.stringify(IS_BUILT ? module.replace('/src/index.ts', '/dist/index.js') : module)};
    const engine = await SingleNodeEngine.open({ dataDir: ${JSON.stringify(directory)} });
    ${program}
  `;
  try {
    const { stdout, stderr } = await execute(process.execPath, ['--input-type=module', '--eval', source]);
    return `${stdout.trim()}${stderr.trim()}`;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test(
  'a process waits for a change as long as somebody does, and ends when nobody does',
  {
    timeout: 120_000,
  },
  async () => {
    const late = "setTimeout(() => engine.put('k', 'late'), 300).unref();";
    const first = 'console.log(new TextDecoder().decode((await watch.next()).value.value));';
    const printed = await Promise.all([
      runProgram(`${late} const watch = engine.watch(); ${first} await watch.return();`),
      // One that nobody asks for anything holds nothing, and one that is not persistent neither.
      runProgram(`engine.watch(); engine.watch({ persistent: false }).next(); console.log('over');`),
      runProgram(`const end = engine.watch().next(); await engine.close(); console.log((await end).done);`),
    ]);
    expect(printed).toEqual(['late', 'over', 'true']);
  },
);
