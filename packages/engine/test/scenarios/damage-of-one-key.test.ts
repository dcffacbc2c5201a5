/**
 * Proves that damage of a record on disk is the trouble of that key alone while the store runs: reading it fails with the
 * file and the offset, every other key is read and written, commits go on. A range gives what comes before the damaged
 * entry and fails when it gets there; it never leaves an entry out.
 */
import { CodedError, type SingleNodeEngine } from '@htkv/engine';
import { beforeEach, expect, test } from 'vitest';

import { DIRECTORY, SimulatedMachine } from '../simulated-machine.ts';
import { text } from '../text.ts';

const FIRST = `${DIRECTORY}/segment-0000000000000001`;
const MEBIBYTE = 1024 * 1024;
const ENTRIES = 400;

let machine: SimulatedMachine;
let engine: SingleNodeEngine;

const nameOf = (index: number): string => `key ${String(index).padStart(4, '0')}`;

/** Where the record of a key begins: records of 4,016 bytes and more lie behind each other in a segment. */
function damage(index: number, path = FIRST): number {
  const bytes = machine.disk.bytesOf(path);
  const needle = new TextEncoder().encode(nameOf(index));
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(needle);
  machine.disk.corrupt(path, at + 100, 8);
  return at - 48;
}

/** Sealed segments of a mebibyte, of which memory holds the last. */
beforeEach(async () => {
  machine = new SimulatedMachine();
  engine = machine.open({ maxSegmentSize: MEBIBYTE, memoryBudget: MEBIBYTE });
  for (let index = 0; index < ENTRIES; index += 1) {
    engine.putSync(nameOf(index), new Uint8Array(8_000).fill(index));
  }
  await engine.flush();
});

function failureOf(call: () => unknown): CodedError {
  try {
    call();
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
  throw new Error('expected a failure');
}

test('reading the key fails with file and offset, all others are read', () => {
  const offset = damage(7);
  for (const call of [() => engine.get(nameOf(7)), () => engine.getEntry(nameOf(7))]) {
    const { code, details } = failureOf(call);
    expect([code, details['path'], details['offset']]).toEqual(['STORAGE_CORRUPT', FIRST, offset]);
  }
  for (let index = 0; index < ENTRIES; index += 1) {
    if (index !== 7) expect(engine.get(nameOf(index))?.[5], nameOf(index)).toBe(index % 256);
  }
});

test('writes and commits of other keys go on, and survive', async () => {
  damage(7);
  expect(failureOf(() => engine.putSync(nameOf(7), 'new')).code).toBe('STORAGE_CORRUPT');
  expect(await engine.put(nameOf(8), 'new')).toBe('applied');
  expect(await engine.delete(nameOf(9))).toBe('removed');
  expect(engine.putSync('another', 'value')).toBe('applied');
  await engine.flush();
  expect(text(engine.get(nameOf(8)))).toBe('new');
  expect(engine.has(nameOf(9))).toBe(false);
});

test('a range fails where it meets the entry, and gives everything before it', () => {
  // The keys are in order before anything happens.
  expect(engine.keys({ limit: 1 }).toArray()).toHaveLength(1);
  damage(7);
  const seen: string[] = [];
  const failure = failureOf(() => {
    for (const [key] of engine.entries()) seen.push(text(key));
  });
  expect(failure.code).toBe('STORAGE_CORRUPT');
  expect(seen).toEqual(Array.from({ length: 7 }, (_, index) => nameOf(index)));
  expect(engine.entries({ gte: nameOf(9) }).toArray()).toHaveLength(ENTRIES - 9);
  expect(engine.entries({ lt: nameOf(6) }).toArray()).toHaveLength(6);
  // A bound is compared with the key that lies beside it.
  expect(failureOf(() => engine.entries({ gt: nameOf(7) }).toArray()).code).toBe('STORAGE_CORRUPT');
});

test('the keys cannot be put in order without the damaged one: ranges fail then, again and again, and leave nothing out', () => {
  damage(7);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    expect(failureOf(() => engine.entries({ gt: nameOf(300) }).toArray()).code).toBe('STORAGE_CORRUPT');
  }
});

test('every key of a damaged stretch is counted by verify, and no other is harmed', async () => {
  for (const index of [3, 4, 5, 20]) damage(index);
  const { findings } = await engine.verify();
  expect(findings.reduce((sum, { affectedKeys }) => sum + affectedKeys, 0)).toBe(4);
  expect(findings).toHaveLength(2);
  const failing = Array.from({ length: ENTRIES }, (_, index) => index).filter((index) => {
    try {
      return engine.get(nameOf(index)) === undefined;
    } catch {
      return true;
    }
  });
  expect(failing).toEqual([3, 4, 5, 20]);
});

/** What memory does not hold stays on disk; what it has room for is taken in afterwards, unless it is damaged. */
test.for([1, 16])('a checkpoint opens the store all the same, with %i MiB of memory', async (mebibytes) => {
  await engine.checkpoint();
  await engine.close();
  const offset = damage(7);
  engine = machine.open({ maxSegmentSize: MEBIBYTE, memoryBudget: mebibytes * MEBIBYTE });
  expect(engine.stats().recovery).toMatchObject({ checkpointKeys: ENTRIES, checkpointRefusal: undefined });
  const { code, details } = failureOf(() => engine.get(nameOf(7)));
  expect([code, details['path'], details['offset']]).toEqual(['STORAGE_CORRUPT', FIRST, offset]);
  for (let index = 8; index < ENTRIES; index += 1) {
    expect(engine.get(nameOf(index))?.[5], nameOf(index)).toBe(index % 256);
  }
});

test('behind damage in the page that the log would go on in nothing is written, and other keys are', async () => {
  await engine.checkpoint();
  await engine.close();
  const path = `${DIRECTORY}/${machine.disk.list(DIRECTORY).findLast((name) => name.startsWith('segment-'))!}`;
  const last = ENTRIES - 1;
  const offset = damage(last, path);
  const bytesBefore = machine.disk.bytesOf(path).length;
  const config = { maxSegmentSize: MEBIBYTE, memoryBudget: MEBIBYTE };
  engine = machine.open(config);
  const isAsBefore = (): void => {
    const { code, details } = failureOf(() => engine.get(nameOf(last)));
    expect([code, details['path'], details['offset']]).toEqual(['STORAGE_CORRUPT', path, offset]);
    expect(engine.get(nameOf(last - 1))?.[5]).toBe((last - 1) % 256);
  };
  isAsBefore();
  expect(await engine.put('another', 'value')).toBe('applied');
  isAsBefore();
  await engine.checkpoint();
  await engine.close();
  expect(machine.disk.bytesOf(path)).toHaveLength(bytesBefore);
  machine = machine.afterPowerLoss();
  engine = machine.open(config);
  isAsBefore();
  expect(text(engine.get('another'))).toBe('value');
  expect((await engine.verify()).findings).toEqual([expect.objectContaining({ path, affectedKeys: 1 })]);
});
