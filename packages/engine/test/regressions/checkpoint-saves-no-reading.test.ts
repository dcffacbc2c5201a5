/**
 * An earlier store wrote a snapshot to shorten its recovery, and read every byte of its log three times all the same.
 * Here opening reads the checkpoint and the log behind it, and says how much that was.
 */
import { expect, test } from 'vitest';

import { SimulatedMachine } from '../simulated-machine.ts';

test('with a checkpoint opening reads what came after it, and not the log', async () => {
  const machine = new SimulatedMachine();
  const engine = machine.open({ maxSegmentSize: 2 ** 20, memoryBudget: 2 ** 20 });
  for (let key = 0; key < 20_000; key += 1) engine.putSync(`key ${key}`, 'x'.repeat(200));
  await engine.checkpoint();
  engine.putSync('afterwards', 'y');
  await engine.flush();
  const { logBytes } = engine.stats();
  const again = machine.afterKill().open({ memoryBudget: 2 ** 20 });
  const { recovery } = again.stats();
  expect(recovery.checkpointKeys).toBe(20_000);
  expect(recovery.records).toBeLessThan(5000);
  expect(recovery.bytes).toBeLessThan(logBytes / 2);
  expect([again.size, again.has('afterwards'), again.has('key 7')]).toEqual([20_001, true, true]);
});
