/** Proves what `compact` frees and `checkpoint` saves, what they print, and what damage and Ctrl-C make of them. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { SingleNodeEngine } from '@htkv/engine';
import { expect, test } from 'vitest';

import { runCommand } from '../captured-io.ts';
import { contents, damage } from '../damaged-store.ts';
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

/** Small segments, most of what is in them overwritten; nothing compacts by itself. `settled` is needed. */
async function storeWithGarbage(): Promise<string> {
  const dataDir = join(freshDirectory(), 'store');
  const engine = await SingleNodeEngine.open({ dataDir, maxSegmentSize: 4096, compactionIntervalMs: 0 });
  engine.putSync('settled', 'settled-value');
  for (let index = 0; index < 40; index += 1) engine.putSync(`key:${index % 2}`, `${index}`.padEnd(400, 'v'));
  // Opening reads none of it again.
  await engine.flush();
  await engine.checkpoint();
  await engine.close();
  return dataDir;
}

function logBytes(dataDir: string): number {
  const names = readdirSync(dataDir).filter((name) => name.startsWith('segment-'));
  return names.reduce((sum, name) => sum + statSync(join(dataDir, name)).size, 0);
}

test('compact frees what is not needed, says how much, and loses nothing', async () => {
  const dataDir = await storeWithGarbage();
  const before = logBytes(dataDir);
  const entries = (await runCommand(['export', '-d', dataDir])).stdout;
  const { code, stdout, stderr } = await runCommand(['compact', '--json', dataDir]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const report = JSON.parse(stdout) as typeof NOTHING_DONE;
  expect(Object.keys(report)).toEqual(Object.keys(NOTHING_DONE));
  expect(report).toMatchObject({ segmentsRetained: 0, keysDropped: 0, damages: [] });
  expect(report.segmentsRemoved).toBeGreaterThan(2);
  expect(report.recordsRelocated).toBeGreaterThan(0);
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

test('compact leaves a damaged segment as it is, tells where, and is exit code 5', async () => {
  const dataDir = await storeWithGarbage();
  const path = damage(dataDir, 'settled-value');
  const segment = contents(dataDir).find(([name]) => path.endsWith(name));
  const { code, stdout, stderr } = await runCommand(['compact', '--json', dataDir]);
  expect({ code, stderr }).toEqual({
    code: 5,
    stderr: 'error: the store is damaged in 1 place (CLI_DAMAGE_FOUND)\n',
  });
  expect(JSON.parse(stdout)).toMatchObject({
    damages: [
      {
        code: 'STORAGE_CORRUPT',
        path,
        offset: expect.any(Number) as unknown,
        message: expect.stringContaining('is damaged at byte') as unknown,
      },
    ],
  });
  expect(contents(dataDir)).toContainEqual(segment);
  const plain = await runCommand(['compact', '--plain', dataDir]);
  expect(plain.code).toBe(5);
  expect(plain.stdout).toMatch(/^damage [^\n]+ is damaged at byte \d+: [^\n]+\n$/);
  expect(plain.stdout).toContain(path);
  expect((await runCommand(['compact', dataDir])).stdout).toMatch(/\ndamaged places +1\n$/);
});

test('checkpoint saves the index, and the next opening begins there', async () => {
  const dataDir = await storeOf([
    ['a', '1'],
    ['b', '2'],
  ]);
  expect((await runCommand(['checkpoint', dataDir])).stdout).toMatch(
    /^checkpoint \d+: 2 keys, [\d.]+ (B|KiB), on disk\n$/,
  );
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
