/**
 * In an earlier system several writers could each find the segment full and start a new one, which left empty
 * segments behind, and what went wrong in the background came out of an unrelated put.
 */

import { expect, test } from 'vitest';

import { resultOf, resultOfSync } from '../result-of.ts';
import { SimulatedMachine } from '../simulated-machine.ts';

test('many writers at once fill one segment after the other and leave none empty', async () => {
  const machine = new SimulatedMachine({ hasLanded: () => true });
  const engine = machine.open({ maxSegmentSize: 4096 });
  for (let round = 0; round < 20; round += 1) {
    const puts = Array.from({ length: 25 }, (_, index) =>
      engine.put(`${round} ${index}`, new Uint8Array(200)),
    );
    const done = Promise.all(puts);
    await machine.settle();
    await done;
  }
  const { segments } = engine.stats();
  expect(segments.length).toBeGreaterThan(20);
  expect(segments.filter(({ records }) => records === 0)).toEqual([]);
  expect(segments.map(({ segmentId }) => segmentId)).toEqual(segments.map((_, index) => index + 1));
  await engine.close();
  expect(machine.open().size).toBe(500);
});

test('a device that is full for a while uses up no segments', async () => {
  const machine = new SimulatedMachine();
  const engine = machine.open({ maxSegmentSize: 4096 });
  engine.putSync('k', 'v', { durability: 'disk' });
  machine.faults.plan({ at: 1, kinds: ['write'], code: 'ENOSPC', isSticky: true });
  for (let index = 0; index < 50; index += 1) {
    expect(resultOfSync(() => engine.putSync('k', 'v', { durability: 'disk' }))).toBe('STORAGE_NO_SPACE');
  }
  machine.faults.heal();
  expect(await resultOf(engine.put('k', 'again'))).toBe('applied');
  expect(engine.stats().segments.length).toBeLessThan(4);
});
