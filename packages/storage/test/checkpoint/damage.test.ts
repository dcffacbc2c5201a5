/**
 * Proves that a damaged checkpoint is never mistaken for one: with each bit of it flipped, cut at each byte, with zeroed
 * sectors and garbage behind it, a store is the same as without it; and damage to the log is found when the store is
 * opened, when the key is read, or by a check of the store.
 */
import { expect, test } from 'vitest';

import { decodeSegmentFooter, SEGMENT_FOOTER_BYTES } from '../../src/format/segment-footer.ts';
import { decodeSegmentHeader, segmentSeed } from '../../src/format/segment-header.ts';
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

test('a bit of the log before a checkpoint is found at opening, by who reads the key, or by a check', () => {
  const path = `${DIRECTORY}/segment-0000000000000001`;
  const bytes = fixture.memory.bytesOf(path);
  const reading = decodeSegmentHeader(bytes);
  if (reading.kind === 'damaged') throw new Error('expected a whole segment');
  const footerOffset = bytes.length - SEGMENT_FOOTER_BYTES;
  const footer = decodeSegmentFooter(bytes.subarray(footerOffset), segmentSeed(reading.header));
  const log = new Set<string>();
  const sections = new Set<string>();
  const findings: (string | undefined)[] = [];
  for (let offset = 0; offset < bytes.length; offset += 9) {
    const damaged = (): MemoryFileSystem => {
      const memory = copyOf(fixture);
      memory.corrupt(path, offset, 1 << (offset % 8));
      return memory;
    };
    const isSection = offset >= footer!.bodyBytes && offset < footerOffset;
    const outcome = judgeDamage(fixture, damaged(), fixture.proven);
    if (isSection) sections.add(outcome);
    else if (outcome === 'harmless') findings.push(findingOf(damaged()));
    else log.add(outcome);
  }
  // Sections are read by who looks a key up in the file, and checked then.
  expect([...sections]).toEqual(['harmless']);
  expect([...log].sort()).toEqual(['refused', 'unreadable']);
  // Who reads all keys need not meet what is replaced; who checks the store does.
  expect(findings.length).toBeGreaterThan(20);
  expect(new Set(findings)).toEqual(new Set([path]));
});

/** Where a check of the whole store finds the first damage. */
function findingOf(memory: MemoryFileSystem): string | undefined {
  return withTrialStore({ fileSystem: memory }, (store) => {
    const check = store.check();
    while (check.step() !== undefined);
    return check.report?.findings[0]?.path;
  });
}

test('a damaged checkpoint is named in the report, with what is wrong with it', () => {
  const memory = copyOf(fixture);
  memory.corrupt(`${DIRECTORY}/${file}`, 300, 1);
  const report = openBothWays(memory, fixture.history);
  expect(report.checkpointId).toBe(0);
  expect(report.checkpointRefusal).toContain(file);
  expect(report.checkpointRefusal).toContain('checksum');
});
