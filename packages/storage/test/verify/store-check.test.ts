/**
 * Proves that a check finds every flipped bit of what a running store has on disk, says where and whom it concerns,
 * finds nothing in a store that is whole, however it is written to meanwhile, and forgets what it found in a segment
 * that has gone away.
 */
import { utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import type { LogStore, VerifyReport } from '../../src/index.ts';
import { FaultyFileSystem, MemoryFileSystem } from '../../src/testing/index.ts';
import { DIRECTORY, openTrialStore } from '../trial-store.ts';

const SEGMENT = `${DIRECTORY}/segment-0000000000000001`;
const VALUE = `${DIRECTORY}/value-0000000000000001`;

/** Two sealed segments and an active one, a value in a file of its own; some keys are written twice. */
function filledStore(memory: MemoryFileSystem | FaultyFileSystem): LogStore {
  const store = openTrialStore({ fileSystem: memory });
  for (let index = 0; store.stats().segments.length < 3; index += 1) {
    const bytes = index === 3 ? 50_000 : 150;
    const key = utf8(bytes > 1000 ? 'large' : `key ${index % 20}`);
    store.apply([{ type: 'set', key, value: new Uint8Array(bytes), version: index + 1, timestamp: 1 }]);
    store.commit(index % 3 === 0);
  }
  store.commit(true);
  return store;
}

function checked(store: LogStore, between: () => void = () => {}): VerifyReport {
  const check = store.check();
  while (check.step() !== undefined) between();
  return check.report!;
}

test('a store that is whole has no findings, and every file is looked at', () => {
  const memory = new MemoryFileSystem();
  const store = filledStore(memory);
  const files = memory.list(DIRECTORY).filter((name) => !name.startsWith('LOCK'));
  const bytes = files.reduce((sum, name) => sum + memory.bytesOf(`${DIRECTORY}/${name}`).length, 0);
  expect(checked(store)).toEqual({
    filesChecked: files.length,
    bytesChecked: bytes,
    findings: [],
    findingsOmitted: 0,
  });
  store.close();
  expect(memory.openFileCount).toBe(0);
});

test('a flipped bit anywhere in what counts is found where it is', () => {
  const memory = new MemoryFileSystem();
  const store = filledStore(memory);
  const { segments } = store.stats();
  for (const name of memory.list(DIRECTORY).filter((each) => !each.startsWith('LOCK'))) {
    const path = `${DIRECTORY}/${name}`;
    const { length } = memory.bytesOf(path);
    for (let offset = 0; offset < length; offset += name.startsWith('value') && offset > 128 ? 997 : 1) {
      const bit = 1 << (offset % 8);
      memory.corrupt(path, offset, bit);
      const { findings } = checked(store);
      memory.corrupt(path, offset, bit);
      const [first, ...others] = findings;
      expect([first?.path, others], `byte ${offset} of ${name}`).toEqual([path, []]);
      expect(first!.offset).toBeLessThanOrEqual(offset);
      const isInLog = segments.some((segment) => segment.path === path && offset < segment.bytes);
      // Within the record, or the group where nothing but its trailer tells.
      if (isInLog && offset >= 128)
        expect(offset - first!.offset, `byte ${offset} of ${name}`).toBeLessThan(1500);
    }
  }
  expect(checked(store).findings).toEqual([]);
  store.close();
});

test('a finding says how many keys have their newest record in it', () => {
  const memory = new MemoryFileSystem();
  const store = filledStore(memory);
  const last = store.stats().segments.at(-1)!;
  memory.corrupt(last.path, 140, 1);
  expect(checked(store).findings).toMatchObject([{ path: last.path, offset: 128, affectedKeys: 1 }]);
  memory.corrupt(last.path, 140, 1);
  // All of these keys were written again.
  memory.corrupt(SEGMENT, 140, 1);
  expect(checked(store).findings).toMatchObject([{ path: SEGMENT, offset: 128, affectedKeys: 0 }]);
});

test('several findings in one segment are told apart', () => {
  const memory = new MemoryFileSystem();
  const store = filledStore(memory);
  for (const offset of [150, 1500, 3000]) memory.corrupt(SEGMENT, offset, 4);
  expect(checked(store).findings).toHaveLength(3);
});

test('files that are missing, short or cannot be read are findings', () => {
  const memory = new MemoryFileSystem();
  const faults = new FaultyFileSystem(memory);
  const store = filledStore(faults);
  memory.truncateDurable(SEGMENT, 2000);
  expect(checked(store).findings[0]).toMatchObject({ path: SEGMENT, actual: 'the end of the file' });
  memory.remove(SEGMENT);
  expect(checked(store).findings).toMatchObject([{ path: SEGMENT, offset: 0, actual: 'no file' }]);
  memory.remove(VALUE);
  expect(checked(store).findings.map(({ path }) => path)).toEqual([SEGMENT]);
  faults.plan({ at: 1, kinds: ['read'], code: 'EIO', isSticky: true });
  const unreadable = checked(store).findings;
  expect(unreadable.length).toBeGreaterThan(2);
  expect(unreadable.every(({ actual }) => /EIO|no file/.test(actual))).toBe(true);
});

test('a value in a file of its own is checked, and named', () => {
  const memory = new MemoryFileSystem();
  const store = filledStore(memory);
  memory.corrupt(VALUE, 9_000, 1);
  expect(checked(store).findings).toMatchObject([{ path: VALUE, offset: 128 }]);
  memory.remove(VALUE);
  expect(checked(store).findings).toMatchObject([{ path: VALUE, offset: 0, actual: 'no file' }]);
});

test('a value that only a replaced record names may be gone', () => {
  const memory = new MemoryFileSystem();
  const store = filledStore(memory);
  memory.remove(VALUE);
  expect(checked(store).findings).toHaveLength(1);
  store.apply([{ type: 'set', key: utf8('large'), value: new Uint8Array(9), version: 5000, timestamp: 1 }]);
  expect(checked(store).findings).toEqual([]);
});

test('a checkpoint is checked to its last byte, and damage to it concerns no key', () => {
  const memory = new MemoryFileSystem();
  const store = filledStore(memory);
  const before = checked(store).bytesChecked;
  const run = store.beginCheckpoint();
  while (!run.step());
  const path = `${DIRECTORY}/${memory.list(DIRECTORY).find((name) => name.startsWith('checkpoint-'))!}`;
  const { length } = memory.bytesOf(path);
  const whole = checked(store);
  expect(whole.findings).toEqual([]);
  expect(whole.bytesChecked).toBeGreaterThanOrEqual(before + length);
  for (let offset = 0; offset < length; offset += 1) {
    memory.corrupt(path, offset, 1 << (offset % 8));
    const { findings } = checked(store);
    memory.corrupt(path, offset, 1 << (offset % 8));
    expect(findings, `byte ${offset}`).toMatchObject([{ path, affectedKeys: 0 }]);
  }
  memory.truncateDurable(path, length - 1);
  expect(checked(store).findings).toHaveLength(1);
  memory.remove(path);
  expect(checked(store).findings).toMatchObject([{ path, actual: 'no file' }]);
});

test('a checkpoint that is replaced beside a check is no finding', () => {
  const memory = new MemoryFileSystem();
  const store = filledStore(memory);
  const take = (): void => {
    const run = store.beginCheckpoint();
    while (!run.step());
  };
  take();
  expect(checked(store, take).findings).toEqual([]);
});

test('writes, commits and new segments beside a check are no findings', () => {
  const memory = new MemoryFileSystem();
  const store = filledStore(memory);
  let version = 1000;
  const report = checked(store, () => {
    for (let count = 0; count < 10; count += 1) {
      version += 1;
      const key = utf8(`key ${version % 30}`);
      store.apply([{ type: 'set', key, value: new Uint8Array(300), version, timestamp: 1 }]);
    }
    store.commit(version % 2 === 0);
  });
  expect(store.stats().segments.length).toBeGreaterThan(4);
  expect(report.findings).toEqual([]);
});

test('a check that is stopped leaves nothing open', () => {
  const memory = new MemoryFileSystem();
  const store = filledStore(memory);
  const before = memory.openFileCount;
  for (let steps = 1; steps < 6; steps += 1) {
    const check = store.check();
    for (let step = 0; step < steps; step += 1) check.step();
    check.stop();
    check.stop();
    expect(check.step()).toBeUndefined();
    expect(check.report).toBeUndefined();
    expect(memory.openFileCount).toBe(before);
  }
});
