/**
 * In an earlier system puts took versions from a counter and submitted commands took theirs from a clock: after one
 * submitted set every later put of the key was ignored without a word. And a set that was older than a delete was
 * applied live and dropped by the replay.
 */

import { expect, test } from 'vitest';

import { SimulatedMachine } from '../simulated-machine.ts';
import { text } from '../text.ts';

test('put and delete win over any version that somebody chose, live and after a restart', () => {
  const machine = new SimulatedMachine();
  let engine = machine.open();
  const clock = 1_700_000_000_000_000;
  engine.submitSync({ type: 'set', key: 'k', value: 'from a clock', version: clock });
  engine.putSync('unrelated', 'put');
  expect(engine.getEntry('unrelated')!.version).toBeGreaterThan(clock);
  expect(engine.putSync('k', 'put')).toBe('applied');
  expect(text(engine.get('k'))).toBe('put');
  engine.closeSync();
  engine = machine.open();
  expect(engine.putSync('k', 'put again')).toBe('applied');
  expect(engine.putSync('other', 'put')).toBe('applied');
  expect(engine.getEntry('other')!.version).toBeGreaterThan(clock);
  expect(engine.deleteSync('k')).toBe('removed');
  expect(engine.has('k')).toBe(false);
});

test('a set older than a delete is ignored live, after a restart and after a power loss', () => {
  const machine = new SimulatedMachine();
  const engine = machine.open();
  engine.submitSync({ type: 'set', key: 'k', value: 'old', version: 10 });
  engine.submitSync({ type: 'delete', key: 'k', version: 20 }, { durability: 'disk' });
  const late = { type: 'set', key: 'k', value: 'late', version: 15 } as const;
  expect(engine.submitSync(late)).toBe('ignoredStale');
  const crashed = machine.afterPowerLoss().open();
  expect(crashed.submitSync(late)).toBe('ignoredStale');
  engine.closeSync();
  const reopened = machine.open();
  expect(reopened.submitSync(late)).toBe('ignoredStale');
  expect(reopened.has('k')).toBe(false);
});
