/**
 * Proves that the gate lets in as many as it is told and no more, that everybody gets a turn, and that it keeps nothing
 * of a name once nobody is inside.
 */

import { expect, test } from 'vitest';

import { AttemptGate } from '../src/attempt-gate.ts';

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('no more run at once than may, others wait, and all are served', async () => {
  const gate = new AttemptGate(1_000);
  let width = 3;
  let running = 0;
  let widest = 0;
  const served: number[] = [];
  const attempt = async (index: number): Promise<number> => {
    running += 1;
    widest = Math.max(widest, running);
    expect(running).toBeLessThanOrEqual(Math.max(width, 1));
    await nextTurn();
    running -= 1;
    served.push(index);
    if (served.length === 20) width = 5;
    return index;
  };
  const results = await Promise.all(
    Array.from({ length: 100 }, (_, index) =>
      gate.run(
        'name',
        () => width,
        () => attempt(index),
      ),
    ),
  );
  expect(results).toEqual(Array.from({ length: 100 }, (_, index) => index));
  expect(served).toHaveLength(100);
  expect(widest).toBe(5);
  expect(gate.size).toBe(0);
});

test('names do not wait for each other', async () => {
  const gate = new AttemptGate(1_000);
  const never = new Promise<void>(() => undefined);
  void gate.run(
    'slow',
    () => 1,
    () => never,
  );
  expect(
    await gate.run(
      'quick',
      () => 1,
      () => Promise.resolve('done'),
    ),
  ).toBe('done');
  expect(gate.size).toBe(1);
});

test('an attempt that fails makes room like any other, and so does a width that cannot be told', async () => {
  const gate = new AttemptGate(1_000);
  let asked = 0;
  const width = (): number => {
    asked += 1;
    if (asked === 2) throw new Error('no width');
    return 1;
  };
  const results = await Promise.allSettled([
    gate.run('name', width, async () => {
      await nextTurn();
      throw new Error('no luck');
    }),
    gate.run('name', width, () => Promise.resolve('unreached')),
    gate.run('name', width, () => Promise.resolve('third')),
  ]);
  expect(results).toMatchObject([
    { reason: { message: 'no luck' } },
    { reason: { message: 'no width' } },
    { value: 'third' },
  ]);
  expect(gate.size).toBe(0);
});

test('when as many wait as may, of all names together, one more is turned away and the others are served', async () => {
  const gate = new AttemptGate(4);
  const results = await Promise.allSettled(
    Array.from({ length: 10 }, (_, index) =>
      gate.run(
        index % 2 === 0 ? 'left' : 'right',
        () => 1,
        async () => {
          await nextTurn();
          return index;
        },
      ),
    ),
  );
  expect(results.slice(0, 6).map(({ status }) => status)).toEqual(Array(6).fill('fulfilled'));
  for (const result of results.slice(6)) expect(result).toMatchObject({ reason: { code: 'AUTH_BUSY' } });
  expect(gate.size).toBe(0);
});
