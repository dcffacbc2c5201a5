/**
 * In an earlier system a store that grew beyond its memory used the place of a page again before the page was written,
 * and did not notice that it read another one: of what was put into twice the memory, more than half could not be
 * read, and the file was empty.
 */

import { expect, test } from 'vitest';

import { SimulatedMachine } from '../simulated-machine.ts';

const COUNT = 1000;
const VALUE_BYTES = 10_000;

function expectEverything(engine: ReturnType<SimulatedMachine['open']>, round: number): void {
  for (let index = 0; index < COUNT; index += 1) {
    expect(engine.get(`${index}`), `value ${index}`).toEqual(valueOf(index, round));
  }
}

function valueOf(index: number, round: number): Uint8Array {
  return new Uint8Array(VALUE_BYTES).fill(index * 7 + round);
}

test('ten times the memory is readable live, after overwriting all of it, and after a power loss', async () => {
  const machine = new SimulatedMachine();
  const config = { memoryBudget: 1024 * 1024, maxSegmentSize: 4 * 1024 * 1024 };
  const engine = machine.open(config);
  for (let round = 0; round < 2; round += 1) {
    for (let index = 0; index < COUNT; index += 1) engine.putSync(`${index}`, valueOf(index, round));
    expectEverything(engine, round);
  }
  await engine.flush();
  const { residentBytes, logBytes, coldReads } = engine.stats();
  expect(residentBytes).toBeLessThanOrEqual(config.memoryBudget);
  expect(logBytes).toBeGreaterThan(2 * COUNT * VALUE_BYTES);
  expect(coldReads).toBeGreaterThan(COUNT);
  expectEverything(machine.afterPowerLoss().open(config), 1);
});
