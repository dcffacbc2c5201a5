/**
 * In an earlier system a batch was a loop: readers saw half of it, and so did the next start after a crash.
 */

import { expect, test } from 'vitest';

import { errorOf } from '../result-of.ts';
import { SimulatedMachine } from '../simulated-machine.ts';

test('a batch that spans segments and fails half way is nowhere', () => {
  const machine = new SimulatedMachine();
  const engine = machine.open({ maxSegmentSize: 4096 });
  engine.putSync('before', new Uint8Array(2_000), { durability: 'disk' });
  const batch = Array.from({ length: 20 }, (_, index) => {
    return { type: 'set', key: `${index}`, value: new Uint8Array(1_000) } as const;
  });
  machine.faults.plan({ at: 1, kinds: ['create'], code: 'ENOSPC' });
  expect(errorOf(() => engine.submitBatchSync(batch))).toMatchObject({ code: 'STORAGE_NO_SPACE' });
  expect(engine.size).toBe(1);
  engine.submitBatchSync(batch, { durability: 'os' });
  expect(engine.size).toBe(21);
  expect(machine.afterKill().open().size).toBe(21);
  // Only its last bytes are missing.
  const random = machine.afterPowerLoss({ keep: (operation) => operation.kind !== 'growth' }).open();
  expect([1, 21]).toContain(random.size);
});
