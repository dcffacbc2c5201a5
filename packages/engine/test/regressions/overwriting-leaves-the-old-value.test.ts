/**
 * In an earlier system writing over a value of the same length changed a copy that nobody read: the write was
 * acknowledged and the old value came back.
 */

import { expect, test } from 'vitest';

import { SimulatedMachine } from '../simulated-machine.ts';
import { text } from '../text.ts';

const replacements: readonly (readonly [string, string, string])[] = [
  ['the same length', 'aaaa', 'bbbb'],
  ['a shorter one', 'aaaa', 'b'],
  ['a longer one', 'a', 'bbbb'],
  ['none', 'aaaa', ''],
  ['a file of its own', 'aaaa', 'b'.repeat(400_000)],
  ['the log again', 'a'.repeat(400_000), 'bbbb'],
];

test.for(replacements)(
  'a value that is replaced by %s reads as the new one at once, later, and after a restart',
  ([, before, after]) => {
    const machine = new SimulatedMachine();
    const engine = machine.open();
    engine.putSync('k', before);
    engine.putSync('k', after);
    expect(text(engine.get('k'))).toBe(after);
    engine.putSync('other', 'x', { durability: 'disk' });
    expect(text(engine.get('k'))).toBe(after);
    expect(text(machine.afterPowerLoss().open().get('k'))).toBe(after);
    expect(engine.size).toBe(2);
  },
);
