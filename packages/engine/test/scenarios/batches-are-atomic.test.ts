/**
 * Proves that a batch skips what it must skip, that an all-or-nothing batch does nothing where anything fails, and
 * that after a crash at any call to the disk all of a batch is there or nothing of it.
 */

import type { SingleInput } from '@htkv/engine';
import { MemoryFileSystem, SeededRandom } from '@htkv/storage/testing';
import { describe, expect, test } from 'vitest';

import { SimulatedMachine } from '../simulated-machine.ts';
import { textEntries } from '../text.ts';

const set = (key: string, value: string, extras: object = {}): SingleInput => ({
  type: 'set',
  key,
  value,
  ...extras,
});
const remove = (key: string, extras: object = {}): SingleInput => ({ type: 'delete', key, ...extras });

function prepared(): { machine: SimulatedMachine; engine: ReturnType<SimulatedMachine['open']> } {
  const machine = new SimulatedMachine();
  const engine = machine.open();
  engine.submitSync({ type: 'set', key: 'a', value: 'old', version: 10 });
  engine.putSync('b', 'old', { durability: 'disk' });
  return { machine, engine };
}

test('a batch applies its items in order, skips stale and conflicting ones, and says which', async () => {
  const { machine, engine } = prepared();
  const batch = [
    set('a', 'stale', { version: 10 }),
    set('a', 'new'),
    set('c', 'conflict', { ifPresent: true }),
    set('c', '1'),
    set('c', '2', { ifPresent: true }),
    remove('b'),
    set('b', 'again', { ifAbsent: true }),
  ];
  const outcomes = ['ignoredStale', 'applied', 'conflict', 'applied', 'applied', 'removed', 'applied'];
  expect(await engine.submitBatch(batch)).toEqual(outcomes);
  const entries = [
    ['a', 'new'],
    ['b', 'again'],
    ['c', '2'],
  ];
  expect(textEntries(engine.entries())).toEqual(entries);
  expect(textEntries(machine.afterPowerLoss().open().entries())).toEqual(entries);
});

test('submitBatch, submit of a batch and their sync forms are the same', async () => {
  const commands = [set('x', '1'), remove('a'), set('b', '2', { version: 1 })];
  for (const atomic of ['perItem', 'allOrNothing'] as const) {
    const results = [
      await prepared().engine.submitBatch(commands, { atomic }),
      await prepared().engine.submit({ type: 'batch', commands, atomic }),
      prepared().engine.submitBatchSync(commands, { atomic }),
      prepared().engine.submitSync({ type: 'batch', commands, atomic }),
    ];
    for (const outcomes of results) expect(outcomes).toEqual(['applied', 'removed', 'ignoredStale']);
  }
});

describe.for([
  ['stale', set('a', 'x', { version: 10 }), 'ignoredStale'],
  ['conflicting', set('a', 'x', { ifAbsent: true }), 'conflict'],
] as const)('an all-or-nothing batch with a %s item', ([, item, outcome]) => {
  test('does nothing, and its outcomes say which item it was', async () => {
    const { machine, engine } = prepared();
    const sequence = engine.latestSequence();
    const outcomes = await engine.submitBatch([set('b', 'new'), item, set('c', '1')], {
      atomic: 'allOrNothing',
    });
    expect(outcomes[1]).toBe(outcome);
    expect(outcomes.filter((each) => each === outcome)).toHaveLength(1);
    expect(engine.latestSequence()).toBe(sequence);
    const entries = [
      ['a', 'old'],
      ['b', 'old'],
    ];
    expect(textEntries(engine.entries())).toEqual(entries);
    await engine.close();
    expect(textEntries(machine.open().entries())).toEqual(entries);
  });
});

test('an all-or-nothing batch of which all pass is applied', async () => {
  const { engine } = prepared();
  const batch = [set('b', 'new'), remove('a'), set('a', 'again', { ifAbsent: true }), remove('absent')];
  const outcomes = await engine.submitBatch(batch, { atomic: 'allOrNothing' });
  expect(outcomes).toEqual(['applied', 'removed', 'applied', 'removed']);
});

test('a crash at any call to the disk leaves all of a batch or nothing of it', () => {
  const seed = 'batch crash';
  const batch = [set('a', '1'), set('b', '1'), remove('old'), set('c', '1'), set('d', '1'.repeat(40_000))];
  let kept = 0;
  let crashes = 0;
  for (let call = 1; ; call += 1) {
    const disk = new MemoryFileSystem();
    const images: MemoryFileSystem[] = [];
    let isCounting = false;
    let calls = 0;
    const machine = new SimulatedMachine({
      disk,
      onCall: () => {
        if (!isCounting) return;
        calls += 1;
        if (calls === call) images.push(...crashImages(disk, `${seed} ${call}`));
      },
    });
    const engine = machine.open({ maxSegmentSize: 4096 });
    engine.putSync('old', '1', { durability: 'disk' });
    isCounting = true;
    for (let round = 0; round < 3; round += 1) engine.submitBatchSync(batch, { durability: 'disk' });
    isCounting = false;
    if (images.length === 0) break;
    for (const image of images) {
      crashes += 1;
      const keys = textEntries(new SimulatedMachine({ disk: image }).open().entries()).map(([key]) => key);
      expect([['old'], ['a', 'b', 'c', 'd']], `seed ${seed}, call ${call}`).toContainEqual(keys);
      if (keys.length === 4) kept += 1;
    }
  }
  // Both happened, or the test looked at nothing.
  expect(kept).toBeGreaterThan(10);
  expect(crashes - kept).toBeGreaterThan(10);
});

/** The disk as it may come up if the power fails now, in several ways. */
function crashImages(disk: MemoryFileSystem, seed: string): MemoryFileSystem[] {
  const random = new SeededRandom(seed);
  const keeps = ['none', 'all', 'prefix', 'prefix', 'random', 'random', 'random'] as const;
  return [disk.killed(), ...keeps.map((keep) => disk.crashed({ random, keep, damageChance: 0.1 }))];
}

test('a batch larger than a segment has a segment for itself, and one larger than any is refused whole', () => {
  const machine = new SimulatedMachine();
  const engine = machine.open({ maxSegmentSize: 4096 });
  const value = new Uint8Array(20_000);
  const fits = Array.from({ length: 30 }, (_, index) => ({ type: 'set', key: `k${index}`, value }) as const);
  engine.submitBatchSync(fits, { durability: 'disk' });
  expect(machine.afterPowerLoss().open().size).toBe(30);

  const large = new Uint8Array(30_000);
  const tooLarge = Array.from(
    { length: 2_300 },
    (_, index) => ({ type: 'set', key: `l${index}`, value: large }) as const,
  );
  expect(() => engine.submitBatchSync(tooLarge)).toThrow(
    expect.objectContaining({ code: 'STORAGE_BATCH_TOO_LARGE' }),
  );
  expect(engine.size).toBe(30);
  expect(engine.putSync('after', '1', { durability: 'disk' })).toBe('applied');
});
