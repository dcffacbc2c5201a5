/**
 * Proves that a snapshot is of one moment of the commit order whichever thread takes it and whichever threads write,
 * and that an engine which threads share is filled by one of them for all.
 */
import { afterEach, expect, test } from 'vitest';

import { JoinedThread } from './joined-thread.ts';
import { SharedEngine } from './shared-engine.ts';

let shared: SharedEngine | undefined;

afterEach(() => shared?.end());

test('a snapshot is of one moment while other threads write', async () => {
  shared = await SharedEngine.start(2);
  const writing = new Int32Array(new SharedArrayBuffer(4)).fill(1);
  const [, wrong] = await JoinedThread.runTogether(
    shared.threads,
    (thread) => ({ isWriter: thread === 0, left: writing }),
    async (engine, { isWriter, left }) => {
      const found: string[] = [];
      if (isWriter) {
        // One after the other: whoever sees a key has to see all before it.
        for (let round = 0; round < 4_000; round += 1) engine.putSync(`key ${round}`, `${round}`);
        Atomics.store(left, 0, 0);
        return found;
      }
      do {
        const snapshot = await engine.takeSnapshot();
        const { lastSequence } = snapshot.position;
        const chunks: Uint8Array[] = [];
        for await (const chunk of snapshot) chunks.push(chunk);
        // The trailer counts the entries.
        const trailer = chunks.at(-1)!;
        const entries = Number(new DataView(trailer.buffer).getBigUint64(8, true));
        if (entries !== lastSequence) found.push(`${entries} entries at place ${lastSequence}`);
      } while (Atomics.load(left, 0) === 1);
      return found;
    },
  );
  expect(wrong).toEqual([]);
});

test('an engine that is filled by one thread is the same in all', async () => {
  const source = await SharedEngine.start(0);
  for (let key = 0; key < 500; key += 1) source.engine.putSync(`key ${key}`, `${key}`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of await source.engine.takeSnapshot()) chunks.push(chunk);
  await source.end();

  shared = await SharedEngine.start(2);
  const [one, two] = shared.threads;
  const installed = await one!.run(async (engine, pieces) => {
    const { entries } = await engine.installSnapshot(pieces);
    engine.putSync('next', '');
    return [entries, engine.latestSequence()];
  }, chunks);
  expect(installed).toEqual([500, 501]);
  const seen = await two!.run(
    (engine) => [engine.size, engine.latestSequence(), engine.has('key 499')],
    undefined,
  );
  expect(seen).toEqual([501, 501, true]);
  expect(shared.engine.getEntry('next')!.version).toBe(501);
});

test('a thread that dies while it fills an engine leaves one that says so', async () => {
  shared = await SharedEngine.start(1);
  const [one] = shared.threads;
  const begun = new Int32Array(new SharedArrayBuffer(4));
  const source = await SharedEngine.start(0);
  for (let key = 0; key < 500; key += 1) source.engine.putSync(`key ${key}`, new Uint8Array(1_000));
  const chunks: Uint8Array[] = [];
  for await (const chunk of await source.engine.takeSnapshot()) chunks.push(chunk);
  await source.end();
  const dying = one!.run(
    async (engine, { pieces, cell }) => {
      async function* stuck(): AsyncGenerator<Uint8Array> {
        yield* pieces.slice(0, 3);
        Atomics.store(cell, 0, 1);
        Atomics.notify(cell, 0);
        await new Promise(() => undefined);
      }
      await engine.installSnapshot(stuck());
    },
    { pieces: chunks, cell: begun },
  );
  const death = dying.then(
    () => 'it went on',
    (error: Error) => error.message,
  );
  await Atomics.waitAsync(begun, 0, 0, 10_000).value;
  await one!.terminate();
  expect(await death).toBe('the thread has ended');
  expect(() => shared!.engine.get('key 1')).toThrow('holds only a part');
  shared.engine.closeSync();
  expect(() => shared!.reopen()).toThrow('holds only a part');
});
