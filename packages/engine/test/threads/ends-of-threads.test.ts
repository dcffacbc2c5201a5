/**
 * Proves that a thread may end in any way and at any time: killed, by `process.exit`, by an error that nobody catches,
 * at rest, in the middle of writes or of waiting. The others go on at once, what was acknowledged is kept, and the slot
 * is free again.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { JoinedThread } from './joined-thread.ts';
import { SharedEngine } from './shared-engine.ts';

let shared: SharedEngine;

beforeAll(async () => {
  shared = await SharedEngine.start(1, { maxSegmentSize: 256 * 1024 });
});

afterAll(() => shared.end());

/** What the thread that dies does; it counts in `acknowledged` what it has been told is done. */
type Work = (thread: JoinedThread, acknowledged: Int32Array, end: 'none' | 'exit' | 'throw') => void;

const atRest: Work = (thread, acknowledged, end) => {
  const step = thread.run(
    async (engine, task) => {
      await engine.put('at rest 1', 'v');
      Atomics.store(task.acknowledged, 0, 1);
      if (task.end === 'exit') process.exit();
      if (task.end === 'throw') setImmediate(() => void JSON.parse('{'));
    },
    { acknowledged, end },
  );
  step.catch(() => undefined);
};

const inPuts: Work = (thread, acknowledged, end) => {
  const step = thread.run(
    (engine, task) => {
      setImmediate(() => {
        for (let index = 1; ; index += 1) {
          engine.putSync(`in puts ${index}`, `${index}`.padEnd(index % 900));
          Atomics.store(task.acknowledged, 0, index);
          if (index < 3_000) continue;
          if (task.end === 'exit') process.exit();
          if (task.end === 'throw') throw new Error('of the test');
        }
      });
    },
    { acknowledged, end },
  );
  step.catch(() => undefined);
};

const inAwaits: Work = (thread, acknowledged, end) => {
  const step = thread.run(
    async (engine, task) => {
      for (let index = 1; ; index += 1) {
        await engine.put(`in awaits ${index}`, 'v');
        Atomics.store(task.acknowledged, 0, index);
        if (index < 30) continue;
        void engine.put('never heard of', 'v');
        if (task.end === 'exit') process.exit();
        if (task.end === 'throw') setImmediate(() => void JSON.parse('{'));
      }
    },
    { acknowledged, end },
  );
  step.catch(() => undefined);
};

const inBatches: Work = (thread, acknowledged, end) => {
  const step = thread.run(
    (engine, task) => {
      setImmediate(() => {
        for (let index = 1; ; index += 1) {
          engine.submitBatchSync([
            { type: 'set', key: 'half of a batch', value: `${index}` },
            { type: 'set', key: `in batches ${index}`, value: new Uint8Array(index % 5_000) },
            { type: 'set', key: 'other half', value: `${index}` },
          ]);
          Atomics.store(task.acknowledged, 0, index);
          if (index < 1_000) continue;
          if (task.end === 'exit') process.exit();
          if (task.end === 'throw') throw new Error('of the test');
        }
      });
    },
    { acknowledged, end },
  );
  step.catch(() => undefined);
};

const works: readonly [string, Work, number][] = [
  ['at rest', atRest, 1],
  ['in puts', inPuts, 500],
  ['in awaits', inAwaits, 5],
  ['in batches', inBatches, 200],
];
const cases = works.flatMap(([name, work, least]) =>
  (['none', 'exit', 'throw'] as const).map((end) => ({ name, work, least, end })),
);
const ways = { none: 'it is killed', exit: 'it exits', throw: 'it throws' };

test.for(cases.map((each) => ({ ...each, way: ways[each.end] })))(
  'a thread ends $name, because $way',
  async ({ name, work, least, end }) => {
    const { engine } = shared;
    for (const key of engine.keys({ prefix: name })) engine.deleteSync(key);
    const [survivor] = shared.threads;
    const [thread] = await shared.join(1);
    const acknowledged = new Int32Array(new SharedArrayBuffer(4));
    work(thread!, acknowledged, end);
    while (Atomics.load(acknowledged, 0) < least) await new Promise((resolve) => setImmediate(resolve));
    if (end === 'none') await thread!.terminate();
    expect(await thread!.ended).toBe(end === 'exit' ? 0 : 1);
    expect(thread!.error !== undefined).toBe(end === 'throw');

    // Nobody waits for the dead one, and it is not in the way.
    const began = Date.now();
    const outcome = await survivor!.run(
      (each, key) => [each.putSync(key, 'v', { durability: 'disk' }), each.deleteSync(key)],
      'after the end',
    );
    expect(outcome).toEqual(['applied', 'removed']);
    expect(engine.putSync('after the end', 'v', { durability: 'disk' })).toBe('applied');
    expect(engine.deleteSync('after the end')).toBe('removed');
    expect(Date.now() - began).toBeLessThan(5_000);
    await shared.untilThreads(2);

    const count = Atomics.load(acknowledged, 0);
    for (let index = 1; index <= count; index += 1) {
      if (!engine.has(`${name} ${index}`)) expect.fail(`${name} ${index} of ${count} is lost`);
    }
    expect(engine.getPrefix(name).length - count).toBeOneOf([0, 1]);
    expect(engine.get('other half')).toEqual(engine.get('half of a batch'));
    expect(engine.size).toBe(engine.keys().toArray().length);
  },
);

test('what all of them left is the same after opening again', () => {
  const before = shared.engine.getPrefix('');
  shared.reopen();
  const after = shared.engine.getPrefix('');
  expect(after.length).toBe(before.length);
  expect(after).toEqual(before);
});
