/**
 * Proves the guarantees of a watch, one by one: ordered, each change once, none left out, batches whole, resumable, with a
 * position that says how far it has come; bounded, ended by close, abort and return, and told when compaction was faster.
 */
import { describe, expect, test } from 'vitest';

import type { Change, SingleNodeEngine, StoreConfig } from '@htkv/engine';

import { resultOf } from '../result-of.ts';
import { SimulatedMachine } from '../simulated-machine.ts';
import { all, isWaiting, shown, take } from './changes.ts';

const SMALL: StoreConfig = { maxSegmentSize: 4096, memoryBudget: 2 ** 20, compactionIntervalMs: 0 };
const VALUE = new Uint8Array(1000).fill(7);

/** Some segments whose first ones compaction will remove. */
async function overwrite(engine: SingleNodeEngine, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) await engine.put(`key ${time % 3}`, VALUE);
}

describe('what comes', () => {
  test('every change that was applied, in commit order, and nothing that changed nothing', async () => {
    const engine = new SimulatedMachine().open();
    const watch = engine.watch();
    await engine.put('a', '1');
    await engine.put('b', '1', { ifAbsent: true });
    await engine.put('a', '2', { ifAbsent: true });
    await engine.submit({ type: 'set', key: 'a', value: 'old', version: 1 });
    await engine.delete('never there');
    await engine.delete('a');
    await engine.put('a', '3', { expiresAt: 4_000_000_000_000 });
    expect(await take(watch, 4)).toEqual(['1 set a = 1', '2 set b = 1', '3 delete a', '4 set a = 3']);
    expect(await isWaiting(watch.next())).toBe(true);
  });

  test('a change has what the command gave, and no other fields', async () => {
    const machine = new SimulatedMachine({ now: 5000 });
    const engine = machine.open();
    const watch = engine.watch();
    await engine.submit({
      type: 'set',
      key: 'k',
      value: 'v',
      version: 7,
      timestamp: 1234,
      expiresAt: 90_000,
    });
    await engine.put('k', 'w');
    await engine.delete('k');
    const changes: Change[] = [];
    for (let count = 0; count < 3; count += 1) changes.push((await watch.next()).value!);
    const [key, v, w] = [Uint8Array.of(107), Uint8Array.of(118), Uint8Array.of(119)];
    expect(changes).toStrictEqual([
      { type: 'set', sequence: 1, key, value: v, version: 7, timestamp: 1234, expiresAt: 90_000 },
      { type: 'set', sequence: 2, key, value: w, version: 8, timestamp: 5000 },
      { type: 'delete', sequence: 3, key, version: 9, timestamp: 5000 },
    ]);
  });

  test('values of every size, the large ones from their files, and keys of every length', async () => {
    const engine = new SimulatedMachine().open({ memoryBudget: 2 ** 20 });
    const sizes = [0, 1, 4000, 32_768, 32_769, 100_000, 300_000];
    const keys = ['', 'k'.repeat(65_535)];
    const watch = engine.watch();
    for (const size of sizes) await engine.put('size', new Uint8Array(size).fill(size % 251));
    for (const key of keys) await engine.put(key, 'v');
    for (const size of sizes) {
      const { value } = await watch.next();
      expect(value).toMatchObject({ type: 'set', value: new Uint8Array(size).fill(size % 251) });
    }
    for (const key of keys) expect(shown((await watch.next()).value!)).toContain(`set ${key} = v`);
  });

  test('what belongs to the caller: neither what is changed in it nor what is written later shows', async () => {
    const engine = new SimulatedMachine().open();
    const value = Uint8Array.of(1, 2, 3);
    const watch = engine.watch();
    await engine.put('k', value);
    value.fill(9);
    const first = (await watch.next()).value!;
    first.key.fill(0);
    await engine.put('k', 'other');
    expect(first).toMatchObject({ value: Uint8Array.of(1, 2, 3) });
    expect(await take(engine.watch({ since: 0 }), 2)).toEqual([
      '1 set k = \u0001\u0002\u0003',
      '2 set k = other',
    ]);
  });

  test('what has expired changes nothing until something deletes it', async () => {
    const machine = new SimulatedMachine();
    const engine = machine.open();
    const watch = engine.watch();
    await engine.put('k', 'v', { ttl: 1000 });
    machine.advance(5000);
    expect(engine.get('k')).toBeUndefined();
    expect(await take(watch, 1)).toEqual(['1 set k = v']);
    expect(await isWaiting(watch.next())).toBe(true);
  });
});

describe('of which keys', () => {
  const cases = [
    [{ key: 'b' }, ['b']],
    [{ key: '' }, ['']],
    [{ prefix: 'b' }, ['b', 'ba', 'bz']],
    [{ prefix: '' }, ['', 'a', 'b', 'ba', 'bz', 'c']],
    [{ gte: 'b', lt: 'bz' }, ['b', 'ba']],
    [{ gt: 'b', lte: 'bz' }, ['ba', 'bz']],
    [{ prefix: 'b', gt: 'b' }, ['ba', 'bz']],
    [{ gt: 'c', lt: 'a' }, []],
    [{}, ['', 'a', 'b', 'ba', 'bz', 'c']],
  ] as const;

  test.for(cases)('%j', async ([which, expected]) => {
    const engine = new SimulatedMachine().open();
    for (const key of ['', 'a', 'b', 'ba', 'bz', 'c']) engine.putSync(key, 'v');
    for (const key of ['', 'a', 'b', 'ba', 'bz', 'c']) engine.deleteSync(key);
    await engine.flush();
    const watch = engine.watch({ ...which, since: 0 });
    const found = await take(watch, 2 * expected.length);
    expect(found.map((line) => line.replace(/^\d+ /, ''))).toEqual([
      ...expected.map((key) => `set ${key} = v`),
      ...expected.map((key) => `delete ${key}`),
    ]);
    expect(await isWaiting(watch.next())).toBe(true);
    expect(watch.position).toBe(12);
  });
});

describe('from where', () => {
  test('without since: from the call on, not from the first next', async () => {
    const engine = new SimulatedMachine().open();
    await engine.put('before', '1');
    engine.putSync('before, and not durable', '1');
    const watch = engine.watch();
    await engine.put('after', '1');
    expect(await take(watch, 1)).toEqual(['3 set after = 1']);
  });

  test('since a place: what comes behind it, over reopening', async () => {
    const machine = new SimulatedMachine();
    let engine = machine.open(SMALL);
    for (let index = 1; index <= 30; index += 1) await engine.put(`k${index}`, VALUE);
    await engine.close();
    engine = machine.open(SMALL);
    for (let since = 0; since < 30; since += 1) {
      const { value } = await engine.watch({ since }).next();
      expect(value).toMatchObject({ sequence: since + 1 });
    }
    expect(await isWaiting(engine.watch({ since: 30 }).next())).toBe(true);
  });

  test('a snapshot and a watch behind it have every change once', async () => {
    const engine = new SimulatedMachine().open();
    engine.putSync('a', '1');
    const view = engine.snapshot();
    engine.putSync('a', '2');
    const watch = engine.watch({ since: view.sequence });
    view[Symbol.dispose]();
    await engine.flush();
    expect(await take(watch, 1)).toEqual(['2 set a = 2']);
  });

  test('the position is what to go on from, with no change that matches too', async () => {
    const engine = new SimulatedMachine().open();
    const watch = engine.watch({ prefix: 'never' });
    const pending = watch.next();
    for (let index = 0; index < 10; index += 1) await engine.put('other', String(index));
    expect(await isWaiting(pending)).toBe(true);
    expect(watch.position).toBe(10);
    expect(await all(engine.commitLog.read({ from: watch.position + 1 }))).toEqual([]);
  });

  test('the position does not run ahead of what was given out, nor of what is durable', async () => {
    const machine = new SimulatedMachine();
    const engine = machine.open();
    for (const key of ['a', 'b', 'c']) engine.putSync(key, '1');
    expect(engine.watch().position).toBe(0);
    expect(engine.watch({ since: 2 }).position).toBe(0);
    await engine.flush();
    const watch = engine.watch({ since: 0 });
    const positions = [watch.position];
    for (let count = 0; count < 3; count += 1) {
      await watch.next();
      positions.push(watch.position);
    }
    expect(positions).toEqual([0, 1, 2, 3]);
  });
});

describe('when', () => {
  test('not before it is durable: what a crash takes back was never given out', async () => {
    const machine = new SimulatedMachine({ isManual: true });
    const engine = machine.open();
    const watch = engine.watch();
    const pending = watch.next();
    engine.putSync('a', 'lost', { durability: 'os' });
    await machine.settle();
    expect(engine.get('a')).toBeDefined();
    expect(await isWaiting(pending)).toBe(true);
    const again = machine.afterPowerLoss().open();
    expect([again.get('a'), again.latestSequence()]).toEqual([undefined, 0]);
    machine.advance(25);
    await machine.settle();
    expect(shown((await pending).value!)).toBe('1 set a = lost');
  });

  test('never what was taken back for want of room; what comes later comes', async () => {
    const machine = new SimulatedMachine();
    const engine = machine.open();
    await engine.put('kept', '1');
    const watch = engine.watch({ since: 0 });
    expect(await take(watch, 1)).toEqual(['1 set kept = 1']);
    engine.putSync('lost', '1');
    machine.faults.plan({ at: 1, kinds: ['write'], code: 'ENOSPC', effect: 'prefix' });
    expect(await resultOf(engine.put('lost too', '1'))).toBe('STORAGE_NO_SPACE');
    await engine.put('later', '1');
    expect(await take(watch, 1)).toEqual(['4 set later = 1']);
  });

  test('a batch comes whole, also to who waits at the end', async () => {
    const engine = new SimulatedMachine().open(SMALL);
    const batches = engine.watch().batches();
    for (let round = 0; round < 20; round += 1) {
      const pending = batches.next();
      const keys = Array.from({ length: 1 + (round % 7) }, (_, index) => `key ${index}`);
      await engine.submitBatch(keys.map((key) => ({ type: 'set', key, value: VALUE.subarray(0, 400) })));
      expect(((await pending).value as readonly Change[]).length).toBe(keys.length);
    }
  });

  test('a batch that is larger than what is read together comes whole', async () => {
    const engine = new SimulatedMachine().open({ memoryBudget: 2 ** 23 });
    const watch = engine.watch().batches();
    for (const count of [600, 3, 1000]) {
      await engine.put('before', VALUE);
      const items = Array.from({ length: count }, (_, index) => ({
        type: 'set' as const,
        key: `key ${index}`,
        value: VALUE,
      }));
      await engine.submitBatch(items);
      let seen: readonly Change[] = [];
      while (seen.length <= 1) seen = (await watch.next()).value!;
      expect(seen.length === count || seen.length === count + 1).toBe(true);
    }
  });
});

describe('the end', () => {
  test('closing the engine ends it, whether it waits or not, and without an error', async () => {
    const engine = new SimulatedMachine().open();
    await engine.put('a', '1');
    await engine.put('a', '2');
    const [waiting, begun, fresh] = [engine.watch(), engine.watch({ since: 0 }), engine.watch({ since: 0 })];
    const [pending, behindIt] = [waiting.next(), waiting.next()];
    await begun.next();
    await engine.close();
    for (const promise of [pending, behindIt, begun.next(), fresh.next(), fresh.batches().next()]) {
      expect(await promise).toEqual({ done: true, value: undefined });
    }
    expect(begun.position).toBe(1);
    expect(() => engine.watch()).toThrow(/closed/);
  });

  test('an aborted signal throws its reason, whether it waits or not', async () => {
    const engine = new SimulatedMachine().open();
    await engine.put('a', '1');
    await engine.put('a', '2');
    const reason = new Error('enough');
    const control = new AbortController();
    const { signal } = control;
    const [waiting, begun] = [engine.watch({ signal }), engine.watch({ since: 0, signal })];
    await begun.next();
    const pending = waiting.next();
    expect(await isWaiting(pending)).toBe(true);
    control.abort(reason);
    await expect(pending).rejects.toBe(reason);
    await expect(begun.next()).rejects.toBe(reason);
    await expect(engine.watch({ since: 0, signal }).next()).rejects.toBe(reason);
    expect(await waiting.next()).toEqual({ done: true, value: undefined });
  });

  test('leaving the loop ends it, and so does return while somebody waits', async () => {
    const engine = new SimulatedMachine().open();
    await engine.put('a', '1');
    const watch = engine.watch({ since: 0 });
    for await (const change of watch) {
      expect(shown(change)).toBe('1 set a = 1');
      break;
    }
    expect(await watch.next()).toEqual({ done: true, value: undefined });
    const waiting = engine.watch();
    const pending = waiting.next();
    await waiting.return();
    expect(await pending).toEqual({ done: true, value: undefined });
    await engine.watch()[Symbol.asyncDispose]();
  });

  test('waiting leaves no timer behind, and only that of a persistent one keeps the process', async () => {
    const machine = new SimulatedMachine();
    const engine = machine.open();
    expect(machine.timers).toBe(0);
    const quiet = engine.watch({ persistent: false });
    const pending = quiet.next();
    expect(await isWaiting(pending)).toBe(true);
    expect(machine.timers).toBe(0);
    const watch = engine.watch();
    const other = watch.next();
    expect(await isWaiting(other)).toBe(true);
    expect(machine.timers).toBe(1);
    machine.advance(30_000);
    expect(await isWaiting(other)).toBe(true);
    expect(machine.timers).toBe(1);
    await watch.return();
    expect(machine.timers).toBe(0);
    await engine.put('a', '1');
    expect(shown((await pending).value!)).toBe('1 set a = 1');
  });

  test('several ask at once, and are answered in their order', async () => {
    const engine = new SimulatedMachine().open();
    const watch = engine.watch();
    const asked = Array.from({ length: 5 }, () => watch.next());
    for (let index = 1; index <= 5; index += 1) await engine.put('k', String(index));
    const answers = await Promise.all(asked);
    expect(answers.map(({ value }) => value?.sequence)).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('compaction', () => {
  test('a place that it has passed is refused, the oldest that is left is not, over reopening', async () => {
    const machine = new SimulatedMachine();
    let engine = machine.open(SMALL);
    await overwrite(engine, 30);
    await engine.runCompactionNow();
    const oldest = engine.commitLog.oldestSequence - 1;
    expect(oldest).toBeGreaterThan(5);
    for (const reopen of [false, true, true]) {
      if (reopen) {
        await engine.close();
        engine = machine.open(SMALL);
      }
      expect(engine.commitLog.oldestSequence).toBe(oldest + 1);
      for (let since = 0; since < oldest; since += 1) {
        const failure = await engine
          .watch({ since })
          .next()
          .catch((error: unknown) => error);
        expect(failure).toMatchObject({ code: 'ENGINE_SEQUENCE_COMPACTED', details: { since, oldest } });
      }
      const rest = await all(engine.commitLog.read({ from: oldest + 1 }));
      expect(rest.length).toBe(30 - oldest);
    }
  });

  test('who has not read what it removes is told, who has goes on without noticing', async () => {
    const engine = new SimulatedMachine().open(SMALL);
    const [slow, quick] = [engine.watch(), engine.watch()];
    for (let time = 0; time < 30; time += 1) {
      await engine.put(`key ${time % 3}`, VALUE);
      expect((await take(quick, 1)).length).toBe(1);
      if (time === 4) await slow.next();
    }
    await engine.runCompactionNow();
    await engine.put('after', '1');
    // What it had read together with the first is its own; then it is told.
    for (let sequence = 2; sequence <= 3; sequence += 1) {
      expect((await slow.next()).value).toMatchObject({ sequence });
    }
    expect(slow.position).toBe(3);
    expect(await resultOf(all(slow))).toBe('ENGINE_SEQUENCE_COMPACTED');
    expect(slow.position).toBe(3);
    expect(await take(quick, 1)).toEqual(['31 set after = 1']);
    expect(await slow.next()).toEqual({ done: true, value: undefined });
  });

  test('copies are no changes', async () => {
    const engine = new SimulatedMachine().open(SMALL);
    await engine.put('kept', VALUE);
    await overwrite(engine, 20);
    const watch = engine.watch();
    const report = await engine.runCompactionNow();
    expect(report.recordsRelocated).toBeGreaterThan(0);
    const pending = watch.next();
    expect(await isWaiting(pending)).toBe(true);
    await engine.put('after', '1');
    expect(shown((await pending).value!)).toBe('22 set after = 1');
  });

  test('a store that was filled has no past', async () => {
    const source = new SimulatedMachine().open();
    for (const key of ['a', 'b', 'c', 'a']) await source.put(key, '1');
    const machine = new SimulatedMachine();
    let engine = machine.open();
    const early = engine.watch();
    const pending = resultOf(early.next());
    await engine.installSnapshot(await source.takeSnapshot());
    expect(await pending).toBe('ENGINE_SEQUENCE_COMPACTED');
    for (const reopen of [false, true]) {
      if (reopen) {
        await engine.close();
        engine = machine.open();
      }
      expect(engine.commitLog.oldestSequence).toBe(5);
      expect(await resultOf(engine.watch({ since: 0 }).next())).toBe('ENGINE_SEQUENCE_COMPACTED');
    }
    const watch = engine.watch({ since: 4 });
    await engine.put('d', '1');
    expect(await take(watch, 1)).toEqual(['5 set d = 1']);
  });
});

describe('the commit log', () => {
  test('ends at the end, counts to a limit, and says where batches end', async () => {
    const engine = new SimulatedMachine().open();
    await engine.put('a', '1');
    await engine.submitBatch([
      { type: 'set', key: 'b', value: '1' },
      { type: 'delete', key: 'a' },
    ]);
    engine.putSync('not durable', '1');
    const log = engine.commitLog;
    expect([log.oldestSequence, log.durableSequence]).toEqual([1, 3]);
    const ends: boolean[] = [];
    for await (const { endsBatch } of log.read()) ends.push(endsBatch);
    expect(ends).toEqual([true, false, true]);
    expect(await all(log.read({ from: 2, limit: 1 }))).toEqual(['2 set b = 1']);
    expect(await all(log.read({ from: 3 }))).toEqual(['3 delete a']);
    expect(await all(log.read({ limit: 0 }))).toEqual([]);
    expect(await all(log.read({ from: 5 }))).toEqual([]);
    const ofOne = log.read({ prefix: 'b' });
    expect((await ofOne.next()).value).toMatchObject({ sequence: 2, endsBatch: true });
    expect(await all(log.read({ key: 'a', from: 2 }))).toEqual(['3 delete a']);
    const cut = log.read({ limit: 2 });
    await cut.batches().next();
    expect(cut.position).toBe(2);
  });
});

describe('wrong calls', () => {
  const cases = [
    [{ key: 'a', prefix: 'b' }, 'VALIDATION_TYPE', 'expected key or prefix, got both'],
    [{ key: 'a', gt: 'b', lte: 'c' }, 'VALIDATION_TYPE', 'expected key or gt and lte, got both'],
    [{ keys: 'a' }, 'VALIDATION_TYPE', 'expected the watch to have no properties but'],
    [{ reverse: true }, 'VALIDATION_TYPE', 'expected the watch to have no properties but'],
    [{ key: 7 }, 'VALIDATION_TYPE', 'key'],
    [{ since: '1' }, 'VALIDATION_TYPE', 'since'],
    [{ since: -1 }, 'VALIDATION_RANGE', 'since'],
    [{ since: 0.5 }, 'VALIDATION_RANGE', 'since'],
    [{ since: Number.NaN }, 'VALIDATION_RANGE', 'since'],
    [{ since: 2 }, 'VALIDATION_RANGE', 'expected since to be at most 1, got 2'],
    [{ signal: {} }, 'VALIDATION_TYPE', 'signal'],
    [{ persistent: 1 }, 'VALIDATION_TYPE', 'expected persistent to be a boolean, got 1'],
  ] as const;

  test.for(cases)('watch %j', async ([options, code, message]) => {
    const engine = new SimulatedMachine().open();
    await engine.put('a', '1');
    const call = (): unknown => engine.watch(options as never);
    expect(call).toThrow(expect.objectContaining({ code }));
    expect(call).toThrow(message);
  });

  test.for([
    [{ from: -1 }, 'VALIDATION_RANGE'],
    [{ from: 3 }, 'VALIDATION_RANGE'],
    [{ limit: -1 }, 'VALIDATION_RANGE'],
    [{ since: 1 }, 'VALIDATION_TYPE'],
    [{ key: 'a', prefix: 'a' }, 'VALIDATION_TYPE'],
    [[], 'VALIDATION_TYPE'],
  ] as const)('read %j', async ([options, code]) => {
    const engine = new SimulatedMachine().open();
    await engine.put('a', '1');
    expect(() => engine.commitLog.read(options as never)).toThrow(expect.objectContaining({ code }));
  });
});
