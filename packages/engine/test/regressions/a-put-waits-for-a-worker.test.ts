/**
 * In an earlier system every put went through a worker and cost four to five times what it cost without one. Here the
 * caller's thread makes the write, and a thread of its own sees whole groups only.
 */

import { expect, test } from 'vitest';

import { SimulatedMachine } from '../simulated-machine.ts';

test('many puts are a single job for the thread, and visible before it has begun', async () => {
  const machine = new SimulatedMachine({ isManual: true, hasLanded: () => true });
  const engine = machine.open();
  for (let index = 0; index < 20; index += 1) engine.putSync('warm', '', { durability: 'disk' });
  const puts = Array.from({ length: 1_000 }, (_, index) => engine.put(`${index}`, ''));
  expect(engine.size).toBe(1_001);
  const before = machine.runner?.jobs ?? 0;
  const done = Promise.all(puts);
  await machine.settle();
  await done;
  expect((machine.runner?.jobs ?? 0) - before).toBe(1);
});
