/**
 * Proves that a delete which changes nothing and that nothing can come after leaves no byte on disk, and that one
 * which has to beat an older set does: by the files themselves.
 */

import { expect, test } from 'vitest';

import { DIRECTORY, SimulatedMachine } from '../simulated-machine.ts';

/** Every file of the store with its bytes as the operating system sees them. */
function files(machine: SimulatedMachine): Record<string, string> {
  return Object.fromEntries(
    machine.disk
      .list(DIRECTORY)
      .map((name) => [name, Buffer.from(machine.disk.bytesOf(`${DIRECTORY}/${name}`)).toString('base64')]),
  );
}

test('a delete without a version of a key that was never written leaves no trace', async () => {
  const machine = new SimulatedMachine();
  const engine = machine.open();
  engine.putSync('present', '1', { durability: 'disk' });
  const before = files(machine);
  const { calls } = machine.faults;
  const { sequence, version } = { sequence: engine.latestSequence(), version: engine.latestVersion() };

  expect(await engine.delete('absent')).toBe('removed');
  expect(engine.deleteSync('absent')).toBe('removed');
  expect(await engine.submit({ type: 'delete', key: 'absent' })).toBe('removed');
  const batch = [{ type: 'delete', key: 'absent' } as const, { type: 'delete', key: 'absent' } as const];
  expect(await engine.submitBatch(batch)).toEqual(['removed', 'removed']);
  expect(await engine.submitBatch(batch, { atomic: 'allOrNothing' })).toEqual(['removed', 'removed']);
  await engine.flush();

  expect(files(machine)).toEqual(before);
  expect(engine.latestSequence()).toBe(sequence);
  expect(engine.latestVersion()).toBe(version);
  expect(machine.faults.calls).toBe(calls);
});

test('a delete of an expired key is written: the key has a record', () => {
  const machine = new SimulatedMachine();
  const engine = machine.open();
  engine.putSync('expired', '1', { ttl: 1 });
  machine.advance(2);
  const sequence = engine.latestSequence();
  expect(engine.deleteSync('expired')).toBe('removed');
  expect(engine.latestSequence()).toBe(sequence + 1);
});

test('a delete with a version of an absent key is written, because it must beat an older set', () => {
  const machine = new SimulatedMachine();
  const engine = machine.open();
  const command = { type: 'delete', key: 'absent', version: 20 } as const;
  expect(engine.submitSync(command, { durability: 'disk' })).toBe('removed');
  expect(engine.latestSequence()).toBe(1);
  const reopened = machine.afterPowerLoss().open();
  expect(reopened.submitSync({ type: 'set', key: 'absent', value: '', version: 19 })).toBe('ignoredStale');
});

test('inside a batch a delete meets the items before it', () => {
  const machine = new SimulatedMachine();
  const engine = machine.open();
  const outcomes = engine.submitBatchSync([
    { type: 'delete', key: 'a' },
    { type: 'set', key: 'a', value: '1' },
    { type: 'delete', key: 'a' },
    { type: 'delete', key: 'b' },
    { type: 'set', key: 'b', value: '2' },
  ]);
  expect(outcomes).toEqual(['removed', 'applied', 'removed', 'removed', 'applied']);
  expect(engine.has('a')).toBe(false);
  expect(engine.has('b')).toBe(true);
  expect(engine.latestSequence()).toBe(3);
});

test('a delete with a condition is a command like any other', () => {
  const machine = new SimulatedMachine();
  const engine = machine.open();
  expect(engine.deleteSync('absent', { ifPresent: true })).toBe('conflict');
  expect(engine.deleteSync('absent', { ifVersion: 1 })).toBe('conflict');
  expect(engine.latestSequence()).toBe(0);
});
