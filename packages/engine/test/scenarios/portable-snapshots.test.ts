/**
 * Proves that a portable snapshot of an engine is its state at one moment, all of it durable, and that an engine which
 * is filled from one is the same in every later decision; that nothing is filled which was ever written to; and that
 * an installation which did not come to its end is never taken for a store.
 */

import type { SingleNodeEngine, SnapshotStream } from '@htkv/engine';
import { digestState, restoreSnapshot, utf8 } from '@htkv/state';
import { SeededRandom } from '@htkv/storage/testing';
import { describe, expect, test } from 'vitest';

import { errorOf, resultOf, resultOfSync } from '../result-of.ts';
import { DIRECTORY, SimulatedMachine } from '../simulated-machine.ts';
import { text } from '../text.ts';

const NOW = 1_700_000_000_000;

const digest = (engine: SingleNodeEngine): string =>
  digestState(engine.snapshotState(), { tombstones: true });

/** Entries, deadlines that have come and that have not, tombstones, a value of many blocks, and history. */
function filledMachine(): { machine: SimulatedMachine; engine: SingleNodeEngine } {
  const machine = new SimulatedMachine({ now: NOW });
  const engine = machine.open({ maxSegmentSize: 8_192 });
  const random = new SeededRandom('portable snapshots');
  for (let index = 0; index < 300; index += 1) {
    const key = `key ${random.below(100)}`;
    if (random.chance(0.2)) engine.deleteSync(key);
    else engine.putSync(key, random.bytes(random.below(200)), random.chance(0.3) ? { ttl: 50 } : {});
  }
  engine.putSync('large', new Uint8Array(300_000).fill(7));
  engine.putSync('', 'the empty key');
  engine.submitSync({ type: 'delete', key: 'never there', version: 900 });
  return { machine, engine };
}

async function bytesOf(snapshot: SnapshotStream): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of snapshot) chunks.push(chunk);
  return chunks;
}

describe('an engine that is filled', () => {
  test('is the same, goes on where the other one stood, and stays so', async () => {
    const { machine, engine } = filledMachine();
    const other = new SimulatedMachine({ now: NOW });
    const copy = other.open();
    const snapshot = await engine.takeSnapshot();
    const summary = await copy.installSnapshot(snapshot);
    expect(summary).toMatchObject({
      lastSequence: engine.latestSequence(),
      latestVersion: engine.latestVersion(),
      takenAt: NOW,
      entriesDigest: digestState(engine.snapshotState()),
    });
    expect(digest(copy)).toBe(digest(engine));
    expect(copy.latestSequence()).toBe(engine.latestSequence());
    expect(copy.latestVersion()).toBe(engine.latestVersion());
    expect(copy.size).toBe(engine.size);
    expect(text(copy.get(''))).toBe('the empty key');

    // The same write gets the same version and place, and is the same after a power loss.
    for (const each of [engine, copy]) expect(await each.put('next', 'x')).toBe('applied');
    expect(copy.getEntry('next')).toEqual(engine.getEntry('next'));
    expect(copy.latestSequence()).toBe(engine.latestSequence());
    expect(copy.submitSync({ type: 'set', key: 'never there', value: '', version: 899 })).toBe(
      'ignoredStale',
    );
    const again = other.afterPowerLoss().open();
    expect(digest(again)).toBe(digest(machine.afterPowerLoss().open()));
    expect([again.latestSequence(), again.latestVersion()]).toEqual([
      engine.latestSequence(),
      engine.latestVersion(),
    ]);
  });

  test('has the time of the other one: what had expired there stays expired', async () => {
    const machine = new SimulatedMachine({ now: NOW });
    const engine = machine.open();
    engine.putSync('brief', 'x', { ttl: 50 });
    engine.putSync('kept', 'x', { ttl: 5_000 });
    machine.advance(1_000);
    expect(engine.has('brief')).toBe(false);
    const other = new SimulatedMachine({ now: NOW - 1_000_000 });
    const copy = other.open();
    const { entries } = await copy.installSnapshot(await engine.takeSnapshot());
    expect(entries).toBe(2);
    expect([copy.has('brief'), copy.has('kept')]).toEqual([false, true]);
    await copy.close();
    expect(other.open().has('brief')).toBe(false);
  });

  test('may be one that was opened and closed before, and takes an empty snapshot as well', async () => {
    const { engine } = filledMachine();
    const other = new SimulatedMachine({ now: NOW });
    await other.open().close();
    const copy = other.open();
    await copy.installSnapshot(await engine.takeSnapshot());
    await copy.close();
    expect(digest(other.open())).toBe(digest(engine));

    const nothing = new SimulatedMachine().open();
    const empty = new SimulatedMachine().open();
    expect(await empty.installSnapshot(await nothing.takeSnapshot())).toMatchObject({ entries: 0 });
    expect([empty.size, empty.latestSequence()]).toEqual([0, 0]);
    expect(await empty.put('k', 'v')).toBe('applied');
  });

  test('takes little memory, whatever the size', async () => {
    const { engine } = filledMachine();
    for (let index = 0; index < 100; index += 1) engine.putSync(`block ${index}`, new Uint8Array(100_000));
    const copy = new SimulatedMachine().open({ memoryBudget: 1024 * 1024 });
    await copy.installSnapshot(await engine.takeSnapshot());
    expect(digest(copy)).toBe(digest(engine));
    expect(copy.stats().residentBytes).toBeLessThanOrEqual(1024 * 1024);
  });
});

describe('a snapshot', () => {
  test('is of its moment, whatever is written while it is read', async () => {
    const { engine } = filledMachine();
    const before = digestState(engine.snapshotState());
    const { lastSequence } = await engine.takeSnapshot().then(async (snapshot) => {
      let round = 0;
      const seen = await restoreSnapshot(
        writingMeanwhile(snapshot, () => engine.putSync(`k${(round += 1)}`, '')),
        {
          put: () => undefined,
        },
      );
      expect(round).toBeGreaterThan(3);
      expect(seen.entriesDigest).toBe(before);
      return seen;
    });
    expect(lastSequence).toBeLessThan(engine.latestSequence());
  });

  test('can be read again until it is disposed', async () => {
    const { engine } = filledMachine();
    const snapshot = await engine.takeSnapshot();
    expect(await bytesOf(snapshot)).toEqual(await bytesOf(snapshot));
    const interrupted = bytesOf(snapshot);
    snapshot[Symbol.dispose]();
    snapshot[Symbol.dispose]();
    expect(await resultOf(interrupted)).toBe('ENGINE_SNAPSHOT_DISPOSED');
    expect(await resultOf(bytesOf(snapshot))).toBe('ENGINE_SNAPSHOT_DISPOSED');
  });

  test('is there when everything in it is durable, and not if it is lost', async () => {
    const machine = new SimulatedMachine({ isManual: true });
    const engine = machine.open();
    engine.putSync('k', 'v');
    let isTaken = false;
    const taking = engine.takeSnapshot().then(() => (isTaken = true));
    expect(isTaken).toBe(false);
    await machine.settle();
    await taking;
    expect(machine.afterPowerLoss().open().has('k')).toBe(true);

    engine.putSync('lost', 'v');
    machine.faults.plan({ at: 1, kinds: ['write'], code: 'ENOSPC' });
    const lost = resultOf(engine.takeSnapshot());
    await machine.settle();
    expect(await lost).toBe('STORAGE_NO_SPACE');
  });

  test('comes from an engine that only reads as well', async () => {
    const { machine, engine } = filledMachine();
    await engine.flush();
    const reader = machine.open({ readOnly: true });
    const copy = new SimulatedMachine().open();
    await copy.installSnapshot(await reader.takeSnapshot());
    expect(digest(copy)).toBe(digest(engine));
    expect(await resultOf(reader.installSnapshot([]))).toBe('STATE_MALFORMED_SNAPSHOT');
    const chunks = await bytesOf(await engine.takeSnapshot());
    expect(await resultOf(reader.installSnapshot(chunks))).toBe('STORAGE_READ_ONLY');
  });
});

describe('what is refused', () => {
  test('an engine that was ever written to, and it stays as it is', async () => {
    const { engine } = filledMachine();
    const chunks = await bytesOf(await engine.takeSnapshot());
    const before = digest(engine);
    expect(await resultOf(engine.installSnapshot(chunks))).toBe('STORAGE_NOT_EMPTY');
    expect(digest(engine)).toBe(before);
    expect(await engine.put('k', 'v')).toBe('applied');

    const emptied = new SimulatedMachine().open();
    await emptied.put('k', 'v');
    await emptied.delete('k');
    expect(emptied.size).toBe(0);
    expect(await resultOf(emptied.installSnapshot(chunks))).toBe('STORAGE_NOT_EMPTY');
  });

  test('what is no snapshot, before anything is touched', async () => {
    const engine = new SimulatedMachine().open();
    for (const wrong of [undefined, 'text', 5, new Uint8Array(9), {}]) {
      expect(await resultOf(engine.installSnapshot(wrong as Iterable<Uint8Array>))).toBe('VALIDATION_TYPE');
    }
    expect(
      await resultOf(engine.installSnapshot([utf8('not a snapshot, but long enough for a header')])),
    ).toBe('STATE_MALFORMED_SNAPSHOT');
    expect(await engine.put('k', 'v')).toBe('applied');
  });

  test.for(['cut', 'flipped', 'failed'])(
    'an installation that was %s leaves no store behind',
    async (how) => {
      const { engine } = filledMachine();
      const chunks = await bytesOf(await engine.takeSnapshot());
      if (how === 'cut') chunks.pop();
      if (how === 'flipped') chunks.at(-1)![30]! ^= 1;
      function* failing(): Generator<Uint8Array> {
        yield* chunks.slice(0, 3);
        throw new RangeError('the network is gone');
      }
      const machine = new SimulatedMachine();
      const copy = machine.open();
      const installing = copy.installSnapshot(how === 'failed' ? failing() : chunks);
      await expect(installing).rejects.toThrow(how === 'failed' ? 'the network is gone' : 'of a snapshot');

      const calls: (() => unknown)[] = [
        () => copy.get('large'),
        () => copy.size,
        () => copy.putSync('k', 'v'),
        () => copy.deleteSync('k'),
        () => copy.snapshotState(),
        () => copy.keys().toArray(),
        () => copy.stats(),
      ];
      for (const call of calls) expect(resultOfSync(call)).toBe('STORAGE_INCOMPLETE');
      expect(await resultOf(copy.put('k', 'v'))).toBe('STORAGE_INCOMPLETE');
      expect(await resultOf(copy.installSnapshot(chunks))).toBe('STORAGE_INCOMPLETE');
      expect(await resultOf(copy.takeSnapshot())).toBe('STORAGE_INCOMPLETE');
      for (const after of [machine.afterKill(), machine.afterPowerLoss()]) {
        expect(resultOfSync(() => after.open())).toBe('STORAGE_INCOMPLETE');
        expect(after.disk.lockCount).toBe(0);
      }
      await copy.close();
      expect(resultOfSync(() => machine.open())).toBe('STORAGE_INCOMPLETE');
      const failure = errorOf(() => machine.open({ readOnly: true }));
      expect(failure).toMatchObject({ code: 'STORAGE_INCOMPLETE', details: { path: DIRECTORY } });
    },
  );

  test('every call while it goes on, also a second installation; closing ends it', async () => {
    const { engine } = filledMachine();
    const chunks = await bytesOf(await engine.takeSnapshot());
    const machine = new SimulatedMachine();
    const copy = machine.open();
    const seen: unknown[] = [];
    let isHeaderRead = false;
    await copy.installSnapshot(
      writingMeanwhile(chunks, () => {
        if (isHeaderRead) seen.push(resultOfSync(() => copy.putSync('k', 'v')));
        isHeaderRead = true;
      }),
    );
    expect(seen).toEqual(chunks.slice(1).map(() => 'STORAGE_INCOMPLETE'));
    expect(digest(copy)).toBe(digest(engine));

    const closing = new SimulatedMachine().open();
    let pieces = 0;
    const ended = closing.installSnapshot(
      writingMeanwhile(chunks, () => {
        pieces += 1;
        if (pieces === 3) closing.closeSync();
      }),
    );
    expect(await resultOf(ended)).toBe('ENGINE_CLOSED');
  });
});

/** The pieces of a snapshot, with something done before each is handed on. */
async function* writingMeanwhile(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  meanwhile: () => unknown,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    meanwhile();
    yield chunk;
  }
}
