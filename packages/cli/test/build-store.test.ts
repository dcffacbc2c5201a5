/**
 * Proves that Ctrl-C while a new store is being checked, which takes long where it is large, leaves no store behind.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import type * as engineModule from '@htkv/engine';
import { checkFiles } from '@htkv/engine';
import { expect, test, vi } from 'vitest';

import { buildStore } from '../src/build-store.ts';
import { freshDirectory } from './fresh-directory.ts';

vi.mock('@htkv/engine', async (original) => {
  const engine = await original<typeof engineModule>();
  return { ...engine, checkFiles: vi.fn(engine.checkFiles) };
});

test('an interruption between two files of the check is heard', async () => {
  const controller = new AbortController();
  const actual = vi.mocked(checkFiles).getMockImplementation()!;
  vi.mocked(checkFiles).mockImplementationOnce(function* steps(directory) {
    setImmediate(() => controller.abort());
    return yield* actual(directory);
  });
  const parent = freshDirectory();
  const built = buildStore(join(parent, 'store'), controller.signal, (engine) => engine.put('a', '1'));
  await expect(built).rejects.toMatchObject({ code: 'CLI_INTERRUPTED' });
  expect(readdirSync(parent)).toEqual([]);
});
