/**
 * In an earlier system flush synced the segment that was being written and none of those that had been filled since
 * the last one, names of new files were never synced, and the interval that was configured meant nothing.
 */

import { expect, test } from 'vitest';

import { SimulatedMachine } from '../simulated-machine.ts';

test('after a flush nothing of any segment is lost, however many were filled', async () => {
  const machine = new SimulatedMachine();
  const engine = machine.open({ maxSegmentSize: 4096, fsyncIntervalMs: 60_000 });
  for (let index = 0; index < 100; index += 1) engine.putSync(`${index}`, new Uint8Array(300));
  expect(engine.stats().segments.length).toBeGreaterThan(9);
  await engine.flush();
  expect(machine.afterPowerLoss().open().size).toBe(100);
});

test('the configured interval is kept', () => {
  const machine = new SimulatedMachine();
  const engine = machine.open({ fsyncIntervalMs: 1_000 });
  engine.putSync('k', 'v');
  machine.advance(999);
  expect(machine.afterPowerLoss().open().size).toBe(0);
  machine.advance(1);
  expect(machine.afterPowerLoss().open().size).toBe(1);
});
