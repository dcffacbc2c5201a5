/**
 * In an earlier system the first record lay at address 0, which also meant "none": its write was acknowledged and it
 * was never found. The same for the first record of a segment and of a store that was opened again.
 */

import { expect, test } from 'vitest';

import { SimulatedMachine } from '../simulated-machine.ts';
import { text } from '../text.ts';

test('the first record of a store, of a session and of each segment is found', () => {
  const machine = new SimulatedMachine();
  let engine = machine.open({ maxSegmentSize: 4096 });
  engine.putSync('first', 'of the store');
  expect(text(engine.get('first'))).toBe('of the store');
  engine.closeSync();
  engine = machine.open({ maxSegmentSize: 4096 });
  expect(text(engine.get('first'))).toBe('of the store');
  engine.putSync('second', 'of the session');
  for (let index = 0; index < 50; index += 1) {
    // One record fills a segment, so each is the first.
    engine.putSync(`${index}`, new Uint8Array(3_000).fill(index));
    expect(engine.get(`${index}`)![2_999]).toBe(index);
  }
  engine.closeSync();
  engine = machine.open();
  expect(text(engine.get('first'))).toBe('of the store');
  expect(text(engine.get('second'))).toBe('of the session');
  for (let index = 0; index < 50; index += 1) expect(engine.get(`${index}`)![0]).toBe(index);
});
