/**
 * An earlier store began each compaction with the oldest segments, and did nothing if no key in them was live: the dead
 * ones stayed for ever, and everything behind them too. Another one cut off the oldest third of its log whatever it
 * held, and deleted live data. Here a segment goes when, and only when, nothing in it is needed.
 */
import { expect, test } from 'vitest';

import { SimulatedMachine } from '../simulated-machine.ts';

const OPTIONS = { maxSegmentSize: 65_536, memoryBudget: 2 ** 21, compactionIntervalMs: 0 };

test('segments of which everything was overwritten go, and what is live stays', async () => {
  const engine = new SimulatedMachine().open(OPTIONS);
  engine.putSync('oldest of all', 'and still there');
  for (let round = 0; round < 200; round += 1) {
    for (let key = 0; key < 50; key += 1) engine.putSync(`key ${key}`, `${round}`.padEnd(100, '.'));
  }
  await engine.runCompactionNow();
  expect(engine.stats().segments.length).toBeLessThan(4);
  expect(new TextDecoder().decode(engine.get('oldest of all'))).toBe('and still there');
  for (let key = 0; key < 50; key += 1) {
    expect(new TextDecoder().decode(engine.get(`key ${key}`))).toBe('199'.padEnd(100, '.'));
  }
});

test('a store without garbage is left alone, however often it is compacted', async () => {
  const engine = new SimulatedMachine().open(OPTIONS);
  for (let key = 0; key < 3000; key += 1) engine.putSync(`key ${key}`, 'x'.repeat(100));
  const before = engine.stats().segments.map(({ segmentId }) => segmentId);
  expect(before.length).toBeGreaterThan(5);
  for (let pass = 0; pass < 3; pass += 1) {
    const { bytesRelocated, segmentsRemoved } = await engine.runCompactionNow();
    expect([bytesRelocated, segmentsRemoved]).toEqual([0, 0]);
  }
  expect(engine.stats().segments.map(({ segmentId }) => segmentId)).toEqual(before);
});
