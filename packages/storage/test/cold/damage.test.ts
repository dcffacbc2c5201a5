/**
 * Proves that a damaged footer costs nothing but time: of segments whose keys had left the index the records are asked, and
 * an opening keeps the keys of such a segment in the index. A damaged record costs its key and nothing else.
 */
import { errorCode, utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import { SeededRandom } from '../../src/testing/index.ts';
import { ColdTrial } from './cold-trial.ts';

/** Several segments, most of whose keys are not in the index. */
function coldTrial(seed: string, keys = 400): ColdTrial {
  const trial = new ColdTrial(seed);
  for (let key = 0; key < keys; key += 1) trial.apply(trial.set(`key ${key}`));
  trial.commit();
  expect(trial.store.stats().coldIndex?.coldKeys).toBeGreaterThan(200);
  return trial;
}

function sealedPaths(trial: ColdTrial): string[] {
  return trial.store
    .stats()
    .segments.filter(({ state }) => state === 'sealed')
    .map(({ path }) => path);
}

function damage(trial: ColdTrial, path: string, offset: (length: number) => number): void {
  const bytes = trial.disk.bytesOf(path).slice();
  bytes[offset(bytes.length)]! ^= 0x10;
  trial.disk.replaceDurable(path, bytes);
}

test.for([
  ['footers', (length: number): number => length - 20],
  ['filters and indexes', (length: number): number => length - 400],
] as const)('damaged %s cost no key, and neither does opening with them', ([, offset]) => {
  const trial = coldTrial('damaged footers');
  trial.reopen(true);
  for (const path of sealedPaths(trial)) damage(trial, path, offset);
  trial.checkAll();
  for (let key = 0; key < 400; key += 7) trial.apply(trial.set(`key ${key}`));
  trial.checkAll();
});

test('a damaged record is damage of its key only', () => {
  const trial = coldTrial('damaged record', 1200);
  const [path] = sealedPaths(trial);
  // Its page has left memory.
  trial.disk.replaceDurable(path!, withoutFirstRecords(trial.disk.bytesOf(path!)));
  const codes = new Map<string | undefined, number>();
  for (const name of trial.model.keys()) {
    let code: string | undefined;
    try {
      trial.check(name);
    } catch (error) {
      code = errorCode(error);
      if (code === undefined) throw error;
    }
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  const damaged = codes.get('STORAGE_CORRUPT');
  expect(damaged).toBeGreaterThan(0);
  expect(damaged).toBeLessThan(10);
  expect(codes).toEqual(
    new Map([
      [undefined, 1200 - damaged!],
      ['STORAGE_CORRUPT', damaged],
    ]),
  );
  trial.apply(trial.set('another key'));
  trial.check('another key');
});

function withoutFirstRecords(bytes: Uint8Array): Uint8Array {
  const damaged = bytes.slice();
  damaged.set(new SeededRandom('noise').bytes(200), 150);
  return damaged;
}

test('compaction brings all keys of a segment back before it empties it', () => {
  const trial = coldTrial('emptied segments');
  expect(trial.store.head(utf8('key 1'))?.version).toBe(2);
  for (let key = 0; key < 400; key += 3) trial.apply(trial.remove(`key ${key}`));
  trial.compact();
  expect(trial.store.stats().compaction.segmentsRemoved).toBeGreaterThan(3);
  trial.checkAll();
});
