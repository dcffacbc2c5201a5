/**
 * Proves that a range is cleared as one atomic unit, in memory and on disk, as far as one goes, and that what is larger goes
 * in batches, each of which is one.
 */
import type { SingleNodeEngine } from '@htkv/engine';
import { describe, expect, test } from 'vitest';

import { SimulatedMachine } from '../simulated-machine.ts';

const KEYS = 2_500;
/** Eight pages of 128 KiB: a batch of so many deletes with keys of 400 bytes does not fit. */
const LITTLE_MEMORY = { memoryBudget: 2 ** 20 };

function filled(machine: SimulatedMachine, config = {}): SingleNodeEngine {
  const engine = machine.open({ workerThreads: 0, ...config });
  const key = (index: number): string => `k ${index} ${'.'.repeat(400 - String(index).length)}`;
  const entries = Array.from({ length: KEYS }, (_, index) => [key(index), 'v'] as const);
  for (let from = 0; from < KEYS; from += 500) engine.putManySync(entries.slice(from, from + 500));
  engine.putSync('other', 'o', { durability: 'disk' });
  return engine;
}

/** What is left of the keys when the machine stops at any of the first writes to the disk while a range is cleared. */
function leftAfterEachWrite(config = {}): Set<number> {
  const left = new Set<number>();
  for (let at = 1; at < 100; at += 1) {
    const machine = new SimulatedMachine();
    const engine = filled(machine, config);
    machine.faults.plan({ at, kinds: ['write', 'sync'], code: 'EIO', isSticky: true });
    let hasFailed = false;
    try {
      engine.clearSync({ prefix: 'k' }, { durability: 'disk' });
    } catch {
      hasFailed = true;
    }
    machine.faults.heal();
    left.add(machine.afterKill().open().size);
    if (!hasFailed) return left;
  }
  throw new Error('expected clearing to need less than 100 calls to the disk');
}

test('all of a range goes at once, and one command is one place on disk', async () => {
  expect([...leftAfterEachWrite()].sort((one, other) => one - other)).toEqual([1, KEYS + 1]);
});

test('what is larger than a batch can be goes in batches, each of them whole', () => {
  const left = [...leftAfterEachWrite(LITTLE_MEMORY)].sort((one, other) => other - one);
  expect([left[0], left.at(-1)]).toEqual([KEYS + 1, 1]);
  const unit = left[0]! - left[1]!;
  expect(unit).toBeGreaterThan(500);
  expect(left.filter((size) => size !== 1 && (KEYS + 1 - size) % unit !== 0)).toEqual([]);
});

describe.for([
  ['as one unit', {}],
  ['in batches', LITTLE_MEMORY],
] as const)('%s', ([, config]) => {
  test('the result is the number of keys, and nothing else goes', async () => {
    const engine = filled(new SimulatedMachine(), config);
    const before = engine.latestSequence();
    expect(await engine.clear({ prefix: 'k', limit: 7 }, { durability: 'memory' })).toBe(7);
    expect(await engine.clear({ prefix: 'k' })).toBe(KEYS - 7);
    expect([engine.size, engine.latestSequence()]).toEqual([1, before + KEYS]);
    expect([await engine.clear({ prefix: 'k' }), engine.clearSync({ prefix: 'k' })]).toEqual([0, 0]);
    expect([engine.clearSync(), engine.size]).toEqual([1, 0]);
  });
});

test('a snapshot sees all of a range or nothing of it', async () => {
  const engine = filled(new SimulatedMachine());
  const cleared = engine.clear({ prefix: 'k' });
  expect(engine.count({ prefix: 'k' })).toBe(0);
  engine.putSync('k new', 'v');
  expect(await cleared).toBe(KEYS);
  expect(engine.count({ prefix: 'k' })).toBe(1);
});

test('a signal that was given, and a store that takes no writes, leave the range as it is', async () => {
  const machine = new SimulatedMachine();
  const engine = filled(machine);
  await expect(engine.clear({ signal: AbortSignal.abort() })).rejects.toThrow('aborted');
  expect(engine.size).toBe(KEYS + 1);
  engine.closeSync();
  const reader = machine.open({ readOnly: true });
  await expect(reader.clear()).rejects.toMatchObject({ code: 'STORAGE_READ_ONLY' });
  expect(() => reader.clearSync()).toThrow('reading only');
});
