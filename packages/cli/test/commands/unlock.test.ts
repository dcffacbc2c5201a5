/** Proves that unlock tells who holds a store, frees what nobody can hold any more, and leaves every other lock alone. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { runCommand } from '../captured-io.ts';
import { storeOf } from '../fresh-directory.ts';
import { holdStore } from '../store-holder.ts';

test('unlock names who holds the store, and frees only what nobody can hold any more', async () => {
  const dataDir = await storeOf([['key', 'value']]);
  const unlock = (...words: string[]): ReturnType<typeof runCommand> =>
    runCommand(['unlock', dataDir, ...words]);
  expect(await unlock('--json')).toMatchObject({ code: 0, stdout: '{"holder":"none"}\n' });

  const lock = join(dataDir, 'LOCK');
  const elsewhere = {
    pid: 7,
    host: 'another.example',
    since: '2026-01-01T00:00:00.000Z',
    token: 'a'.repeat(32),
  };
  writeFileSync(lock, JSON.stringify(elsewhere));
  const asked = await unlock();
  expect(asked).toMatchObject({ code: 2, stdout: '' });
  expect(asked.stderr).toContain('process 7 on host another.example since 2026-01-01');
  expect(existsSync(lock)).toBe(true);
  const { code, stdout } = await unlock('--yes', '--json');
  expect({ code, shown: JSON.parse(stdout) as unknown }).toMatchObject({
    code: 0,
    shown: { holder: 'removed', pid: 7 },
  });
  expect(existsSync(lock)).toBe(false);

  const holder = await holdStore(dataDir, 1);
  const held = await unlock('--yes');
  expect(held).toMatchObject({ code: 4, stdout: '' });
  expect(held.stderr).toMatch(new RegExp(`in use by process ${holder.pid} .* \\(STORAGE_LOCKED\\)\\n$`));
  expect(existsSync(lock)).toBe(true);
});
