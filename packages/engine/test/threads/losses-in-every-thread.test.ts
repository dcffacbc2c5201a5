/** Proves that a thread hears of writes of its own that were taken back when another thread found no room. */
import { afterEach, expect, test } from 'vitest';

import { resultOf } from '../result-of.ts';
import { SharedEngine } from './shared-engine.ts';

let shared: SharedEngine;

afterEach(() => shared.end());

/** In a thread, writes when the device is full, and says what that came to. */
function writeWithoutRoom(shared: SharedEngine): Promise<string> {
  return shared.threads[0]!.run((engine) => {
    const files = process.getBuiltinModule('node:fs');
    const { syncBuiltinESMExports } = process.getBuiltinModule('node:module');
    const { writeSync } = files;
    files.writeSync = () => {
      throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
    };
    syncBuiltinESMExports();
    try {
      return engine.putSync('refused', '2', { durability: 'disk' });
    } catch (error) {
      return (error as { readonly code: string }).code;
    } finally {
      files.writeSync = writeSync;
      syncBuiltinESMExports();
    }
  }, undefined);
}

test('flush and durable tell of a write that was taken back when another thread found no room', async () => {
  shared = await SharedEngine.start(1, { fsyncIntervalMs: 60_000 });
  const { engine } = shared;
  engine.putSync('old', '1', { durability: 'disk' });
  engine.putSync('lost', '1');
  const lost = engine.latestSequence();
  expect(await writeWithoutRoom(shared)).toBe('STORAGE_NO_SPACE');
  expect([engine.has('old'), engine.has('lost')]).toEqual([true, false]);
  expect(await resultOf(engine.durable(lost))).toBe('STORAGE_NO_SPACE');
  expect(await resultOf(engine.flush())).toBe('STORAGE_NO_SPACE');
  await expect(engine.flush()).resolves.toBeUndefined();
  await expect(engine.durable(lost - 1)).resolves.toBeUndefined();
});

test('a flush that comes first tells of it, too', async () => {
  shared = await SharedEngine.start(1, { fsyncIntervalMs: 60_000 });
  const { engine } = shared;
  engine.putSync('lost', '1');
  expect(await writeWithoutRoom(shared)).toBe('STORAGE_NO_SPACE');
  expect(await resultOf(engine.flush())).toBe('STORAGE_NO_SPACE');
});
