/**
 * Proves that what nobody waits for is durable within `fsyncIntervalMs`, by timer where the event loop runs and
 * without one where it does not, and that its bytes are bounded, too. The clock moves by hand.
 */

import { describe, expect, test } from 'vitest';

import { SimulatedMachine } from '../simulated-machine.ts';

/** What survives a power loss now. */
function durableKeys(machine: SimulatedMachine): number {
  return machine.afterPowerLoss().open().size;
}

describe.for(['memory', 'os'] as const)('a write at level %s', (durability) => {
  test('is durable when the interval has passed', () => {
    const machine = new SimulatedMachine({ isManual: true });
    const engine = machine.open({ fsyncIntervalMs: 40 });
    engine.putSync('a', '1', { durability });
    machine.advance(39);
    expect(durableKeys(machine)).toBe(0);
    machine.advance(1);
    expect(durableKeys(machine)).toBe(1);
    expect(machine.timers).toBe(0);
  });

  test('takes part in one sync with its neighbours', () => {
    const machine = new SimulatedMachine({ isManual: true });
    const engine = machine.open({ fsyncIntervalMs: 40 });
    engine.putSync('first', '1', { durability: 'disk' });
    const syncs = machine.callsDuring('sync', () => {
      for (let index = 0; index < 10; index += 1) {
        engine.putSync(`${index}`, '1', { durability });
        machine.advance(3);
      }
      machine.advance(40);
    });
    expect(syncs).toBe(1);
    expect(durableKeys(machine)).toBe(11);
  });

  test('is durable in time in a loop that never lets a timer run', () => {
    const machine = new SimulatedMachine({ isManual: true });
    const engine = machine.open({ fsyncIntervalMs: 25 });
    for (let index = 0; index < 100; index += 1) {
      machine.now += 5;
      engine.putSync(`${index}`, '1', { durability });
      if (index % 10 === 9) expect(durableKeys(machine)).toBeGreaterThanOrEqual(index - 5);
    }
  });
});

test('a promise at level memory is as bounded, even where only microtasks run', async () => {
  const machine = new SimulatedMachine({ isManual: true });
  const engine = machine.open({ durability: 'memory' });
  for (let index = 0; index < 50; index += 1) {
    machine.now += 5;
    await engine.put(`${index}`, '1');
  }
  expect(durableKeys(machine)).toBeGreaterThanOrEqual(45);
});

test('setting the clock back does not put off what is due', () => {
  const machine = new SimulatedMachine({ isManual: true });
  const engine = machine.open();
  engine.putSync('a', '1');
  machine.now -= 3_600_000;
  engine.putSync('b', '1');
  expect(durableKeys(machine)).toBe(2);
});

test('an interval of 0 makes every write durable at once', () => {
  const machine = new SimulatedMachine({ isManual: true });
  const engine = machine.open({ fsyncIntervalMs: 0 });
  engine.putSync('a', '1');
  expect(durableKeys(machine)).toBe(1);
});

test('bytes that nobody waits for reach the operating system before they are many', () => {
  const machine = new SimulatedMachine({ isManual: true });
  const engine = machine.open();
  const value = new Uint8Array(100_000);
  let most = 0;
  for (let index = 0; index < 100; index += 1) {
    engine.putSync(`${index}`, value);
    most = Math.max(most, engine.stats().openGroupBytes);
  }
  expect(most).toBeLessThan(4.5 * 1024 * 1024);
  expect(machine.afterKill().open({ readOnly: true }).size).toBeGreaterThan(50);
});

test('writes that change nothing sync nothing', () => {
  const machine = new SimulatedMachine({ isManual: true });
  const engine = machine.open({ fsyncIntervalMs: 0 });
  engine.putSync('a', '1');
  const syncs = machine.callsDuring('sync', () => {
    expect(engine.putSync('a', '2', { ifAbsent: true })).toBe('conflict');
    expect(engine.deleteSync('absent')).toBe('removed');
    expect(engine.submitBatchSync([])).toEqual([]);
    machine.advance(1_000);
  });
  expect(syncs).toBe(0);
});

test('a write that is durable leaves no timer that keeps the process alive', async () => {
  const machine = new SimulatedMachine({ isManual: true });
  const engine = machine.open();
  engine.putSync('a', '1');
  expect(machine.timers).toBe(1);
  const flushed = engine.flush();
  await machine.turn();
  await flushed;
  expect(machine.timers).toBe(0);
  engine.putSync('b', '1', { durability: 'disk' });
  expect(machine.timers).toBe(0);
});
