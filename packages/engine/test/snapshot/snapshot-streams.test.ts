/**
 * Proves that a portable snapshot holds a moment without copying it: taking one reads nothing, what it shows stays while
 * others write, sweep and compact, and what it holds is given back in every case. Also for a store that keeps no order.
 */
import type { SingleNodeEngine, SnapshotStream, StoreConfig } from '@htkv/engine';
import { digestState, restoreSnapshot } from '@htkv/state';
import { describe, expect, test } from 'vitest';

import { resultOf } from '../result-of.ts';
import { SimulatedMachine } from '../simulated-machine.ts';

const SMALL: StoreConfig = { maxSegmentSize: 65_536, memoryBudget: 2 ** 20, compactionIntervalMs: 0 };

function fill(engine: SingleNodeEngine, keys: number, round: string): void {
  for (let index = 0; index < keys; index += 1) {
    const options = index % 5 === 0 ? { ttl: 500 } : {};
    if (index % 7 === 0) engine.deleteSync(`key ${index}`);
    else engine.putSync(`key ${index}`, `${round} ${index} ${'.'.repeat(700)}`, options);
  }
}

async function bytesOf(snapshot: SnapshotStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of snapshot) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe.for([{ ordered: true }, { ordered: false }])('with %o', (order) => {
  test('taking one reads nothing, and it is of its moment whatever comes between two of its blocks', async () => {
    const machine = new SimulatedMachine();
    const engine = machine.open({ ...SMALL, ...order });
    fill(engine, 600, 'first');
    await engine.flush();
    const before = digestState(engine.snapshotState());
    const reads = machine.calls('read');
    const snapshot = await engine.takeSnapshot();
    expect(machine.calls('read')).toBe(reads);
    const expected = await bytesOf(snapshot);

    let blocks = 0;
    const summary = await restoreSnapshot(
      (async function* () {
        for await (const block of snapshot) {
          blocks += 1;
          fill(engine, 600, `round ${blocks}`);
          machine.advance(600_000);
          await engine.runCompactionNow();
          yield block;
        }
      })(),
      { put: () => undefined },
    );
    expect(blocks).toBeGreaterThan(4);
    expect(summary.entriesDigest).toBe(before);
    expect(Buffer.compare(await bytesOf(snapshot), expected)).toBe(0);
    expect(engine.stats().openSnapshots).toBe(1);
    snapshot[Symbol.dispose]();
    expect(engine.stats().openSnapshots).toBe(0);
    await engine.runCompactionNow();
    expect(engine.stats().segments.filter(({ isCondemned }) => isCondemned)).toEqual([]);
  });
});

test('a store without order has the same snapshot as one with', async () => {
  const bytes = await Promise.all(
    [true, false].map(async (ordered) => {
      const engine = new SimulatedMachine().open({ ...SMALL, ordered });
      fill(engine, 512, 'same');
      return bytesOf(await engine.takeSnapshot());
    }),
  );
  expect(Buffer.compare(bytes[0]!, bytes[1]!)).toBe(0);
});

test('a stream that is read after close says so, wherever it was', async () => {
  const engine = new SimulatedMachine().open(SMALL);
  fill(engine, 600, 'first');
  const [untouched, begun] = [await engine.takeSnapshot(), await engine.takeSnapshot()];
  const iterator = begun[Symbol.asyncIterator]();
  await iterator.next();
  await iterator.next();
  await engine.close();
  await expect(iterator.next()).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
  expect(await resultOf(bytesOf(untouched))).toBe('ENGINE_CLOSED');
  untouched[Symbol.dispose]();
});

test('what is held is given back: where nothing became durable, and by copies of the state', async () => {
  const machine = new SimulatedMachine();
  const engine = machine.open({ ...SMALL, workerThreads: 0 });
  engine.putSync('lost', 'v');
  machine.faults.plan({ at: 1, kinds: ['write'], code: 'ENOSPC' });
  expect(await resultOf(engine.takeSnapshot())).toBe('STORAGE_NO_SPACE');
  expect(engine.stats().openSnapshots).toBe(0);
  engine.snapshotState();
  expect(engine.stats().openSnapshots).toBe(0);
});

test('a reader who goes away early leaves a snapshot that can be read again', async () => {
  const engine = new SimulatedMachine().open(SMALL);
  fill(engine, 600, 'first');
  const snapshot = await engine.takeSnapshot();
  for await (const block of snapshot) if (block.length > 1_000) break;
  const whole = await bytesOf(snapshot);
  fill(engine, 10, 'second');
  expect(Buffer.compare(await bytesOf(snapshot), whole)).toBe(0);
  snapshot[Symbol.dispose]();
  expect(engine.stats().openSnapshots).toBe(0);
});
