/**
 * Proves what an engine does about room: it keeps some, gives it up for compaction and deletions when the device is full,
 * refuses everything else at once, and takes writes again by itself. The device is simulated and holds so many bytes.
 */

import { beforeEach, describe, expect, test } from 'vitest';
import type { SingleNodeEngine, StoreConfig } from '@htkv/engine';

import { resultOf, resultOfSync } from '../result-of.ts';
import { DIRECTORY, SimulatedMachine } from '../simulated-machine.ts';

const SMALL: StoreConfig = { maxSegmentSize: 4096, memoryBudget: 2 ** 20, tombstoneGraceMs: 0 };
const BALLAST = `${DIRECTORY}/BALLAST`;
/** For segments of that size: one of them, a sixteenth more, and 64 KiB. */
const BALLAST_BYTES = 4096 + 256 + 65_536;

let machine: SimulatedMachine;

beforeEach(() => {
  machine = new SimulatedMachine({ isManual: true });
});

function put(engine: SingleNodeEngine, key: string, bytes = 900): string {
  return resultOfSync(() => engine.putSync(key, new Uint8Array(bytes), { durability: 'disk' }));
}

function remove(engine: SingleNodeEngine, key: string): string {
  return resultOfSync(() => engine.deleteSync(key, { durability: 'disk' }));
}

/** Others take all the room that is left but so much. */
function leave(bytes: number): void {
  machine.disk.capacity = machine.disk.usedBytes + bytes;
}

function names(): string[] {
  return machine.disk.list(DIRECTORY);
}

/** Lets time pass until writes are taken again, or a minute. */
async function wait(engine: SingleNodeEngine): Promise<void> {
  for (let seconds = 0; seconds < 60 && engine.stats().readOnlyReason !== undefined; seconds += 1) {
    machine.advance(1000);
    await machine.settle();
  }
}

describe('the ballast', () => {
  test('is made when the store is created, written and synced, and stays when it is closed', async () => {
    const engine = machine.open(SMALL);
    expect(machine.disk.bytesOf(BALLAST, 'durable')).toHaveLength(BALLAST_BYTES);
    expect(new Set(machine.disk.bytesOf(BALLAST)).size).toBe(256);
    expect(engine.stats().space).toEqual({
      noSpaceSince: undefined,
      ballastBytes: BALLAST_BYTES,
      ballastBytesWanted: BALLAST_BYTES,
      ballastFailure: undefined,
    });
    await engine.close();
    expect(machine.disk.bytesOf(BALLAST)).toHaveLength(BALLAST_BYTES);
    const before = machine.calls('write');
    await machine.open(SMALL).close();
    expect(machine.calls('write')).toBe(before);
  });

  test('grows with the log up to a segment, a slice at a time and beside everything else', async () => {
    const engine = machine.open({ maxSegmentSize: 2 ** 22, memoryBudget: 2 ** 22 });
    expect(engine.stats().space.ballastBytes).toBe(128 * 1024);
    for (let index = 0; index < 300; index += 1) put(engine, `key ${index}`, 20_000);
    const sizes = new Set<number>();
    for (let round = 0; round < 20; round += 1) {
      machine.advance(20);
      sizes.add(engine.stats().space.ballastBytes);
    }
    const { ballastBytes, ballastBytesWanted } = engine.stats().space;
    expect(ballastBytes).toBe(ballastBytesWanted);
    expect(ballastBytes).toBe(2 ** 22 + 2 ** 18 + 2 ** 16);
    expect(sizes.size).toBeGreaterThan(3);
    await engine.close();
  });

  test('that cannot be made is no reason to refuse the store; stats say why', () => {
    machine.disk.capacity = 5000;
    const engine = machine.open(SMALL);
    expect(engine.stats().space).toMatchObject({ ballastBytes: 0, ballastFailure: 'ENOSPC' });
    expect(engine.stats().readOnlyReason).toBeUndefined();
    expect(put(engine, 'a')).toBe('applied');
    machine.disk.capacity = Infinity;
    for (let round = 0; round < 3; round += 1) machine.advance(5000);
    expect(engine.stats().space).toMatchObject({ ballastBytes: BALLAST_BYTES, ballastFailure: undefined });
  });

  test.for([
    ['too short', 1000],
    ['too long', 500_000],
  ] as const)('that is %s is brought to its length by the next opening', async ([, bytes]) => {
    await machine.open(SMALL).close();
    machine.disk.replaceDurable(BALLAST, new Uint8Array(bytes));
    const engine = machine.open(SMALL);
    expect(engine.stats().space.ballastBytes).toBe(BALLAST_BYTES);
    expect(machine.disk.bytesOf(BALLAST)).toHaveLength(BALLAST_BYTES);
  });

  test('is not made where none is wanted, removed where one is left, and writes look for room themselves', async () => {
    await machine.open(SMALL).close();
    const engine = machine.open({ ...SMALL, ballastBytes: 0 });
    expect(names()).not.toContain('BALLAST');
    leave(500);
    expect(put(engine, 'a')).toBe('STORAGE_NO_SPACE');
    expect(engine.stats().readOnlyReason).toBeUndefined();
    machine.disk.capacity = Infinity;
    expect(put(engine, 'a')).toBe('applied');
  });

  test('is not touched by who only reads', async () => {
    const writer = machine.open(SMALL);
    put(writer, 'a');
    await writer.close();
    machine.disk.truncateDurable(BALLAST, 10);
    const reader = machine.open({ ...SMALL, readOnly: true });
    expect(reader.stats()).toMatchObject({ readOnlyReason: 'openedReadOnly', space: { ballastBytes: 0 } });
    await reader.close();
    expect(machine.disk.bytesOf(BALLAST)).toHaveLength(10);
  });

  test('of a limit of its own takes no more than that', () => {
    machine.open({ ...SMALL, ballastBytes: 10_000 });
    expect(machine.disk.bytesOf(BALLAST)).toHaveLength(10_000);
  });
});

test('a full device is told with its time, and writes are refused without being tried', () => {
  const engine = machine.open(SMALL);
  put(engine, 'a');
  leave(2000);
  expect([1, 2, 3].map((index) => put(engine, `key ${index}`))).toContain('STORAGE_NO_SPACE');
  const { readOnlyReason, space } = engine.stats();
  expect([readOnlyReason, space.noSpaceSince]).toEqual(['noSpace', machine.now]);
  const segments = names().filter((name) => name.startsWith('segment-'));
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const before = machine.faults.calls;
    expect(put(engine, 'more')).toBe('STORAGE_NO_SPACE');
    // Room is looked for behind the ballast, and that is all.
    expect(machine.faults.calls - before).toBeLessThan(8);
    expect(machine.faults.log.slice(before).every(({ path }) => path === BALLAST)).toBe(true);
  }
  expect(names().filter((name) => name.startsWith('segment-'))).toEqual(segments);
  expect(engine.get('a')).toHaveLength(900);
});

test('compaction frees what it can with the room of the ballast, and writes are taken again by themselves', async () => {
  const engine = machine.open({ ...SMALL, compactionIntervalMs: 0 });
  const keys = Array.from({ length: 60 }, (_, index) => `key ${index}`);
  for (const key of keys) expect(put(engine, key)).toBe('applied');
  // Everything once more, but that does not fit.
  leave(30_000);
  let refused = 0;
  let answered = 0;
  for (let round = 0; round < 10; round += 1) {
    for (const key of keys) {
      const answer = put(engine, key);
      answered += 1;
      if (answer === 'applied') continue;
      expect(answer).toBe('STORAGE_NO_SPACE');
      refused += 1;
      await machine.settle();
      expect(engine.stats().readOnlyReason).toBeUndefined();
    }
  }
  expect(refused).toBeGreaterThan(2);
  expect(refused).toBeLessThan(answered / 10);
  expect(engine.stats().space.ballastBytes).toBe(BALLAST_BYTES);
  expect(engine.size).toBe(60);
  await engine.close();
  const verified = machine.open(SMALL).verify();
  await machine.settle();
  expect((await verified).findings).toEqual([]);
});

test('where everything is live, deletions are taken, and make room for the next writes', async () => {
  const engine = machine.open({ ...SMALL, compactionIntervalMs: 0 });
  for (let index = 0; index < 60; index += 1) put(engine, `key ${index}`);
  leave(0);
  expect(put(engine, 'new')).toBe('STORAGE_NO_SPACE');
  await machine.settle();
  machine.advance(1000);
  await machine.settle();
  expect(engine.stats().readOnlyReason).toBe('noSpace');
  // One group, as large as it may be.
  const deleted = Array.from(
    { length: 40 },
    (_, index) => ({ type: 'delete', key: `key ${index}` }) as const,
  );
  expect(resultOfSync(() => engine.submitBatchSync(deleted, { durability: 'disk' }))).toHaveLength(40);
  const more = Array.from({ length: 5 }, (_, index) => remove(engine, `key ${41 + index}`));
  expect(more.at(-1)).toBe('STORAGE_NO_SPACE');
  await wait(engine);
  expect(engine.stats().readOnlyReason).toBeUndefined();
  expect(put(engine, 'new')).toBe('applied');
  expect(engine.size).toBe(21 - more.filter((answer) => answer === 'removed').length);
  await engine.close();
});

test('room that others make is noticed without a write', async () => {
  const engine = machine.open(SMALL);
  put(engine, 'a');
  leave(0);
  expect(put(engine, 'b')).toBe('STORAGE_NO_SPACE');
  await machine.settle();
  machine.advance(3000);
  await machine.settle();
  expect(engine.stats().readOnlyReason).toBe('noSpace');
  machine.disk.capacity = Infinity;
  machine.advance(1000);
  await machine.settle();
  expect(engine.stats().readOnlyReason).toBeUndefined();
});

test('room for the ballast alone is not enough to take writes again', async () => {
  const engine = machine.open(SMALL);
  put(engine, 'a');
  leave(0);
  expect(put(engine, 'b')).toBe('STORAGE_NO_SPACE');
  machine.disk.capacity += 10_000;
  expect(put(engine, 'b')).toBe('STORAGE_NO_SPACE');
  machine.disk.capacity += 10_000;
  expect(put(engine, 'b')).toBe('applied');
});

test('a full device keeps neither from closing nor, after a crash, from opening', async () => {
  const engine = machine.open(SMALL);
  put(engine, 'a');
  put(engine, 'b');
  leave(0);
  const dead = machine.afterPowerLoss();
  dead.disk.capacity = dead.disk.usedBytes;
  const reopened = dead.open(SMALL);
  expect([reopened.has('a'), reopened.has('b')]).toEqual([true, true]);
  expect(reopened.stats().space.ballastBytes).toBeLessThan(BALLAST_BYTES);

  expect(await resultOf(engine.close())).toBeUndefined();
  const clean = machine.open(SMALL).stats();
  expect(clean.recovery.clean).toBe(true);
});

test('a checkpoint that finds no room is refused, and writes go on', async () => {
  const engine = machine.open(SMALL);
  put(engine, 'a');
  leave(300);
  const checkpoint = resultOf(engine.checkpoint());
  await machine.settle();
  expect(await checkpoint).toBe('STORAGE_NO_SPACE');
  expect(engine.stats().readOnlyReason).toBeUndefined();
  expect(put(engine, 'b', 10)).toBe('applied');
});
