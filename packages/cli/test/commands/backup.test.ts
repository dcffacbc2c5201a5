/**
 * Proves that a restored backup is the store that was backed up, also of a store in use, that it is refused with any
 * byte changed, and that a place where something is already is left alone.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { runCommand } from '../captured-io.ts';
import { freshDirectory, storeOf } from '../fresh-directory.ts';
import { holdStore } from '../store-holder.ts';

async function listed(dataDir: string): Promise<string> {
  return (await runCommand(['export', '-d', dataDir])).stdout;
}

test('a backup of a store in use is restored as it was', async () => {
  const dataDir = join(freshDirectory(), 'store');
  await holdStore(dataDir, 40);
  const directory = freshDirectory();
  const file = join(directory, 'kv.backup');
  const made = await runCommand(['backup', '--json', '-d', dataDir, file]);
  expect(made).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(made.stdout)).toEqual({ entries: 40, bytes: readFileSync(file).length });
  const restored = join(directory, 'restored');
  expect(await runCommand(['restore', file, restored])).toMatchObject({ code: 0, stdout: '' });
  expect(await listed(restored)).toBe(await listed(dataDir));
  expect(readdirSync(directory)).toEqual(['kv.backup', 'restored']);

  expect(await runCommand(['restore', file, restored])).toMatchObject({ code: 1, stdout: '' });
  const again = await runCommand(['backup', '-d', dataDir, file]);
  expect(again.code).toBe(1);
  expect(again.stderr).toMatch(/ \(CLI_TARGET_TAKEN\)\n$/);
});

test('an empty store has a backup, too', async () => {
  const directory = freshDirectory();
  const file = join(directory, 'kv.backup');
  expect(await runCommand(['backup', '-d', await storeOf([]), file])).toMatchObject({ code: 0 });
  expect(await runCommand(['restore', '--json', file, join(directory, 'restored')])).toMatchObject({
    code: 0,
    stdout: '{"entries":0}\n',
  });
});

test('a backup with any byte changed, or cut anywhere, is refused and leaves nothing', async () => {
  const directory = freshDirectory();
  const file = join(directory, 'kv.backup');
  await runCommand([
    'backup',
    '-d',
    await storeOf([
      ['key:1', 'value'],
      ['key:2', 'value'],
    ]),
    file,
  ]);
  const whole = readFileSync(file);
  const refused = async (bytes: Uint8Array): Promise<void> => {
    writeFileSync(file, bytes);
    const { code, stderr } = await runCommand(['restore', file, join(directory, 'restored')]);
    expect({ code, stderr }).toMatchObject({
      code: 5,
      stderr: expect.stringMatching(/CLI_BACKUP_DAMAGED/) as unknown,
    });
  };
  for (const offset of [0, 13, 14, 40, whole.length - 100, whole.length - 70, whole.length - 2]) {
    const changed = Buffer.from(whole);
    changed[offset]! ^= 1;
    await refused(changed);
    await refused(whole.subarray(0, offset));
  }
  expect(readdirSync(directory)).toEqual(['kv.backup']);
});
