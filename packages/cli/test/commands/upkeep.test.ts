/** Proves what `compact` frees and `checkpoint` saves, what they print, and what damage and Ctrl-C make of them. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { SingleNodeEngine } from '@htkv/engine';
import { expect, test } from 'vitest';

import { runCommand } from '../captured-io.ts';
import { damage } from '../damaged-store.ts';
import { freshDirectory, storeOf } from '../fresh-directory.ts';

const NOTHING_DONE = {
  segmentsRemoved: 0,
  segmentsRetained: 0,
  bytesReclaimed: 0,
  recordsRelocated: 0,
  bytesRelocated: 0,
  keysDropped: 0,
  damages: [],
};

/**
 * Small segments, and so many puts to so many keys. What is not needed stays below what is, and two segments, which is
 * when a store compacts by itself, sooner or later.
 */
async function storeWithGarbage(puts: number, keys: number): Promise<string> {
  const dataDir = join(freshDirectory(), 'store');
  const engine = await SingleNodeEngine.open({ dataDir, maxSegmentSize: 4096, compactionIntervalMs: 0 });
  engine.putSync('settled', 'settled-value');
  for (let index = 0; index < puts; index += 1)
    engine.putSync(`key:${index % keys}`, `${index}`.padEnd(400, 'v'));
  await engine.close();
  return dataDir;
}

function logBytes(dataDir: string): number {
  const names = readdirSync(dataDir).filter((name) => name.startsWith('segment-'));
  return names.reduce((sum, name) => sum + statSync(join(dataDir, name)).size, 0);
}

test('compact frees what is not needed, says how much, and loses nothing', async () => {
  const dataDir = await storeWithGarbage(18, 2);
  const before = logBytes(dataDir);
  const entries = (await runCommand(['export', '-d', dataDir])).stdout;
  const { code, stdout, stderr } = await runCommand(['compact', '--json', dataDir]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const report = JSON.parse(stdout) as typeof NOTHING_DONE;
  expect(Object.keys(report)).toEqual(Object.keys(NOTHING_DONE));
  expect(report).toMatchObject({ segmentsRetained: 0, keysDropped: 0, damages: [] });
  expect(report).toMatchObject({ segmentsRemoved: 3, recordsRelocated: 3 });
  expect(report.bytesReclaimed).toBeGreaterThan(0);
  expect(logBytes(dataDir)).toBeLessThan(before / 2);
  expect((await runCommand(['export', '-d', dataDir])).stdout).toBe(entries);
  expect(await runCommand(['check', dataDir])).toMatchObject({ code: 0 });
  expect(JSON.parse((await runCommand(['compact', '--json', dataDir])).stdout)).toEqual(NOTHING_DONE);
});

test('compact prints figures, or one plain line also when nothing was to be done', async () => {
  const dataDir = await storeOf([['key', 'value']]);
  const { code, stdout } = await runCommand(['compact', dataDir]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^segments removed +0\n/);
  expect(stdout).toMatch(/^space freed +0 B$/m);
  expect(stdout).toMatch(/^damaged places +0\n$/m);
  expect(await runCommand(['compact', '--plain', dataDir], { isTerminal: true })).toMatchObject({
    code: 0,
    stdout: `compaction complete for ${dataDir}\n`,
    stderr: '',
  });
});

test.for(['compact', 'checkpoint'])('the directory of %s is an argument, an option or set', async (word) => {
  const dataDir = await storeOf([['key', 'value']]);
  const ok = { code: 0, stderr: '' };
  expect(await runCommand([word, dataDir])).toMatchObject(ok);
  expect(await runCommand([word, '-d', dataDir])).toMatchObject(ok);
  expect(await runCommand(['-d', dataDir, word])).toMatchObject(ok);
  expect(await runCommand([word], { env: { HTKV_DATA_DIR: dataDir } })).toMatchObject(ok);
  expect(await runCommand([word, '-d', 'other', dataDir])).toMatchObject({ code: 2 });
});

test('what compact could not read is told with file and byte, and is exit code 5', async () => {
  const dataDir = await storeWithGarbage(40, 20);
  // Without one, an opening reads the whole log and refuses the store.
  await runCommand(['checkpoint', dataDir]);
  const path = damage(dataDir, 'settled-value');
  const failed = { code: 5, stderr: 'error: the store is damaged in 1 place (CLI_DAMAGE_FOUND)\n' };
  const json = await runCommand(['compact', '--json', dataDir]);
  expect(json).toMatchObject(failed);
  const { damages, ...rest } = JSON.parse(json.stdout) as typeof NOTHING_DONE;
  expect(damages).toEqual([
    { code: 'STORAGE_CORRUPT', path, offset: 128, message: expect.stringContaining(path) as unknown },
  ]);
  // The others were emptied, and that one stays.
  expect(rest.segmentsRemoved).toBeGreaterThan(0);
  expect(existsSync(path)).toBe(true);
  const { message } = damages[0] as unknown as { message: string };
  const line = `damage ${message}\n`;
  expect(await runCommand(['get', '-d', dataDir, 'key:1'])).toMatchObject({ code: 0 });
  expect(await runCommand(['compact', '--plain', dataDir])).toMatchObject({ ...failed, stdout: line });
  const { stdout } = await runCommand(['compact', dataDir]);
  expect(stdout.startsWith(line)).toBe(true);
  expect(stdout).toMatch(/\ndamaged places +1\n$/);
});

test('checkpoint saves the index, and the next opening begins there', async () => {
  const dataDir = await storeOf([
    ['a', '1'],
    ['b', '2'],
  ]);
  expect((await runCommand(['checkpoint', dataDir])).stdout).toMatch(
    /^checkpoint \d+: 2 keys, [\d.]+ (B|KiB), on disk\n$/,
  );
  const small = await storeOf([['a', '1']]);
  expect((await runCommand(['checkpoint', small])).stdout).toMatch(/^checkpoint \d+: 1 key, /);
  const { code, stdout } = await runCommand(['checkpoint', '--json', dataDir]);
  expect(code).toBe(0);
  const { checkpointId, keys, bytes } = JSON.parse(stdout) as Record<string, number>;
  expect(keys).toBe(2);
  expect(checkpointId).toBeGreaterThan(0);
  expect(bytes).toBeGreaterThan(0);
  expect(stdout).toBe(`${JSON.stringify({ checkpointId, keys, bytes })}\n`);
  const engine = await SingleNodeEngine.open({ dataDir, readOnly: true });
  expect(engine.stats().recovery).toMatchObject({ checkpointId, checkpointKeys: 2, records: 0 });
  await engine.close();
});
