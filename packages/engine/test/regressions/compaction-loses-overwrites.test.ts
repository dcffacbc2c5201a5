/**
 * An earlier store swapped the places that compaction had copied over entries that were newer by then, and rebuilt its index
 * from files in an order that compaction had changed: acknowledged overwrites were lost, deleted keys came back, and the
 * count was wrong after a reopen. Here the only record that is ever copied is the newest, in a turn, and it takes the
 * place of the very record that it was copied from.
 */
import { expect, test } from 'vitest';

import type { SingleNodeEngine } from '@htkv/engine';

import { SimulatedMachine } from '../simulated-machine.ts';

const KEYS = 4000;
const ROUNDS = 10;
const OPTIONS = { maxSegmentSize: 65_536, memoryBudget: 2 ** 21 };

function wrongKeys(engine: SingleNodeEngine): number {
  let wrong = 0;
  for (let key = 0; key < KEYS; key += 1) {
    const value = engine.get(`key ${key}`);
    const isDeleted = key % 20 === 0;
    const expected = isDeleted ? undefined : `value ${ROUNDS} of ${key}`;
    if ((value === undefined ? undefined : new TextDecoder().decode(value)) !== expected) wrong += 1;
  }
  return wrong;
}

test('what is overwritten and deleted while segments are compacted stays so, also over a reopen', async () => {
  const machine = new SimulatedMachine();
  const engine = machine.open(OPTIONS);
  let passes: Promise<unknown> = Promise.resolve();
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (let key = 0; key < KEYS; key += 1) {
      engine.putSync(`key ${key}`, `value ${round} of ${key}`);
      if (key % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    passes = engine.runCompactionNow();
  }
  for (let key = 0; key < KEYS; key += 20) engine.deleteSync(`key ${key}`);
  await passes;
  await engine.runCompactionNow();
  expect(engine.stats().compaction.segmentsRemoved).toBeGreaterThan(10);
  expect([wrongKeys(engine), engine.size]).toEqual([0, KEYS - KEYS / 20]);
  await engine.flush();
  for (const next of [machine.afterPowerLoss(), machine.afterKill()]) {
    const again = next.open(OPTIONS);
    expect([wrongKeys(again), again.size]).toEqual([0, KEYS - KEYS / 20]);
  }
});
