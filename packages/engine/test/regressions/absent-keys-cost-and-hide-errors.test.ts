/**
 * In an earlier system looking for a key that is not there read every segment, and a read that failed on the way was
 * taken for "not found". Here the index knows every key, and a failure is a failure.
 */

import { expect, test } from 'vitest';

import { errorOf } from '../result-of.ts';
import { SimulatedMachine } from '../simulated-machine.ts';

test('a look for an absent key reads no file, however many segments there are', () => {
  const machine = new SimulatedMachine();
  const engine = machine.open({ maxSegmentSize: 4096 });
  for (let index = 0; index < 200; index += 1) engine.putSync(`${index}`, new Uint8Array(500));
  engine.closeSync();
  const reopened = machine.open();
  expect(reopened.stats().segments.length).toBeGreaterThan(20);
  const reads = machine.callsDuring('read', () => {
    for (let index = 0; index < 1_000; index += 1) expect(reopened.has(`absent ${index}`)).toBe(false);
  });
  // Two keys may share a hash of 32 bits, and then the record has to say.
  expect(reads).toBeLessThan(5);
});

test('a read that fails is not a key that is missing', () => {
  const machine = new SimulatedMachine();
  const engine = machine.open({ memoryBudget: 1024 * 1024, maxSegmentSize: 1024 * 1024 });
  for (let index = 0; index < 400; index += 1) engine.putSync(`${index}`, new Uint8Array(20_000));
  machine.faults.plan({ at: 1, kinds: ['read', 'open'], isSticky: true });
  expect(errorOf(() => engine.get('0'))).toMatchObject({ code: 'STORAGE_IO', cause: { code: 'EIO' } });
  expect(errorOf(() => engine.has('0'))).toMatchObject({ code: 'STORAGE_IO' });
  expect(errorOf(() => engine.entries().toArray())).toMatchObject({ code: 'STORAGE_IO' });
  machine.faults.heal();
  expect(engine.get('0')).toHaveLength(20_000);
});
