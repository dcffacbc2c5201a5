/**
 * In an earlier system every open truncated the log: after a checkpoint and a clean close the index listed a thousand
 * keys and not one could be read, and new writes reused the addresses of the old ones.
 */

import { expect, test } from 'vitest';

import { SimulatedMachine } from '../simulated-machine.ts';
import { text } from '../text.ts';

test('all keys can be read after every one of many opens, and new ones do not harm them', () => {
  const machine = new SimulatedMachine();
  for (let round = 0; round < 10; round += 1) {
    const engine = machine.open({ maxSegmentSize: 8192 });
    expect(engine.size).toBe(round * 100);
    for (let index = 0; index < round * 100; index += 1)
      expect(text(engine.get(`${index}`))).toBe(`value ${index}`);
    for (let index = round * 100; index < (round + 1) * 100; index += 1)
      engine.putSync(`${index}`, `value ${index}`);
    engine.closeSync();
  }
});
