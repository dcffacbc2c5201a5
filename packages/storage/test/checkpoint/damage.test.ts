/**
 * Proves that a damaged checkpoint is never mistaken for one: with each bit of it flipped, cut at each byte, with zeroed
 * sectors and garbage behind it, a store is the same as without it; and damage to the log is found with a checkpoint as
 * it is without, when the store is opened or when the key is read.
 */
import { expect, test } from 'vitest';

import { copyOf, type DamageFixture } from '../corruption/damage-fixtures.ts';
import { DamageTrial } from '../corruption/every-bit.ts';
import { judgeDamage } from '../corruption/judge-damage.ts';
import { MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';
import { DIRECTORY, withTrialStore } from '../trial-store.ts';
import { WriteHistory } from '../write-history.ts';
import { openBothWays } from './open-both-ways.ts';

const CHECKPOINT = 'checkpoint-';

/** A store of several segments with a checkpoint that was made between writes, and a few groups behind it. */
function fixtureWithCheckpoint(): DamageFixture {
  const memory = new MemoryFileSystem();
  const random = new SeededRandom('damaged checkpoint');
  const history = new WriteHistory(random.seed);
  withTrialStore({ fileSystem: memory }, (store) => {
    const write = (): void => {
      const writes = history.batch(random, 3, () => random.pick([10, 300, 900]));
      history.note(writes, store.apply(writes));
      store.commit(true);
    };
    for (let batch = 0; batch < 6; batch += 1) write();
    const run = store.beginCheckpoint();
    while (!run.step()) write();
    write();
    store.close();
  });
  history.acknowledged = history.sequence;
  return {
    name: history.seed,
    memory,
    history,
    proven: history.sequence,
    provenByManifest: history.sequence,
  };
}

const fixture = fixtureWithCheckpoint();
const file = fixture.memory.list(DIRECTORY).find((name) => name.startsWith(CHECKPOINT))!;
const everyBit = { everyBit: true, valueStride: 1 };

test('the store that is damaged below uses its checkpoint', () => {
  const report = openBothWays(fixture.memory, fixture.history);
  expect(report).toMatchObject({ checkpointRefusal: undefined, clean: true });
  expect(report.checkpointKeys).toBeGreaterThan(5);
  expect(report.records).toBeGreaterThan(3);
});

test('no bit of a checkpoint changes what a store is', () => {
  const trial = new DamageTrial(fixture);
  trial.flipBits(file, everyBit);
  expect(trial.table['flipped bit of checkpoint']).toEqual({ harmless: expect.any(Number) });
  expect(trial.table['flipped bit of checkpoint']!.harmless).toBeGreaterThan(3000);
});

test('neither does a cut, a zeroed sector or garbage behind it', () => {
  const trial = new DamageTrial(fixture);
  trial.cut(file, everyBit);
  trial.zeroSectors(file);
  trial.extend(file);
  for (const outcomes of Object.values(trial.table))
    expect(outcomes).toEqual({ harmless: expect.any(Number) });
});

test('a bit of the log before a checkpoint is found when the store is opened or the key is read', () => {
  const outcomes = new Set<string>();
  const path = `${DIRECTORY}/segment-0000000000000001`;
  for (let offset = 0; offset < fixture.memory.bytesOf(path).length; offset += 9) {
    const memory = copyOf(fixture);
    memory.corrupt(path, offset, 1 << (offset % 8));
    outcomes.add(judgeDamage(fixture, memory, fixture.proven));
  }
  expect([...outcomes]).toEqual(['refused']);
});

test('a damaged checkpoint is named in the report, with what is wrong with it', () => {
  const memory = copyOf(fixture);
  memory.corrupt(`${DIRECTORY}/${file}`, 300, 1);
  const report = openBothWays(memory, fixture.history);
  expect(report.checkpointId).toBe(0);
  expect(report.checkpointRefusal).toContain(file);
  expect(report.checkpointRefusal).toContain('checksum');
});
