/**
 * Proves that `inspect checkpoint` says what the file says, and where it is damaged, that `check` notes such damage, and
 * that `upgrade` says which format a store has, refuses what it does not know, and changes nothing.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

import { expect, test } from 'vitest';

import { runCommand } from '../captured-io.ts';
import { contents } from '../damaged-store.ts';
import { freshDirectory, storeOf } from '../fresh-directory.ts';

async function storeWithCheckpoint(): Promise<string> {
  const dataDir = await storeOf([
    ['a', '1'],
    ['b', '2'],
  ]);
  await runCommand(['delete', '-d', dataDir, 'b']);
  expect(await runCommand(['checkpoint', dataDir])).toMatchObject({ code: 0 });
  return dataDir;
}

function fileOf(dataDir: string, kind: string): string {
  const names = readdirSync(dataDir).filter((name) => name.startsWith(`${kind}-`));
  return join(dataDir, names.toSorted().at(-1)!);
}

/** Changes one byte of a file. */
function damageAt(path: string, offset: number): void {
  const bytes = readFileSync(path);
  bytes[offset]! ^= 1;
  writeFileSync(path, bytes);
}

const HEADER_BYTES = 256;

test('a checkpoint: which place of the log it shows, and what was there', async () => {
  const dataDir = await storeWithCheckpoint();
  const before = contents(dataDir);
  const { code, stdout, stderr } = await runCommand(['inspect', 'checkpoint', '--json', dataDir]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const shown = JSON.parse(stdout) as Record<string, unknown>;
  const log = JSON.parse((await runCommand(['inspect', 'manifest', '--json', dataDir])).stdout) as {
    segments: { segment: number; bytes: number; chain: number }[];
  };
  const last = log.segments.at(-1)!;
  expect(shown).toMatchObject({
    path: fileOf(dataDir, 'checkpoint'),
    isNamed: true,
    end: { segment: last.segment, offset: last.bytes, chain: last.chain },
    cells: 2,
    keys: 2,
    deletedKeys: 1,
    keysWithDeadline: 0,
    lastSequence: 3,
    damages: [],
  });
  expect(shown['segments']).toHaveLength(log.segments.length);
  const id = String(shown['checkpointId']);
  expect((await runCommand(['inspect', 'checkpoint', '--json', '--id', id, '-d', dataDir])).stdout).toBe(
    stdout,
  );
  const plain = await runCommand(['inspect', 'checkpoint', dataDir]);
  expect(plain.stdout).toMatch(/^keys +2$/m);
  expect(plain.stdout).toMatch(/^shows the log up to +byte \d+ of segment \d+$/m);
  expect(contents(dataDir)).toEqual(before);
});

test('no checkpoint, or none of that number, is exit code 3', async () => {
  const dataDir = await storeOf([['a', '1']]);
  for (const words of [[], ['--id', '999']]) {
    expect(await runCommand(['inspect', 'checkpoint', ...words, dataDir])).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringMatching(/^error: there is no checkpoint.* \(CLI_PLACE_NOT_FOUND\)\n$/) as unknown,
    });
  }
});

test('a damaged checkpoint is shown with the places, and is a note of check, for the log is complete', async () => {
  const dataDir = await storeWithCheckpoint();
  const path = fileOf(dataDir, 'checkpoint');
  damageAt(path, HEADER_BYTES + 3);
  const damage = { offset: HEADER_BYTES, expected: 'a block of cells that matches its checksum' };
  const inspected = await runCommand(['inspect', 'checkpoint', '--json', dataDir]);
  expect(inspected).toMatchObject({
    code: 5,
    stderr: 'error: the store is damaged in 1 place (CLI_DAMAGE_FOUND)\n',
  });
  expect(JSON.parse(inspected.stdout)).toMatchObject({ keys: 2, damages: [damage] });
  expect((await runCommand(['inspect', 'checkpoint', dataDir])).stdout).toContain(
    `at byte ${HEADER_BYTES}: expected`,
  );
  const checked = await runCommand(['check', '--json', dataDir]);
  expect(checked.code).toBe(0);
  expect(JSON.parse(checked.stdout.split('\n')[0]!)).toMatchObject({ severity: 'note', path, ...damage });
  expect(await runCommand(['get', '-d', dataDir, 'a'])).toMatchObject({ code: 0, stdout: '1' });

  damageAt(path, 20);
  expect(await runCommand(['inspect', 'checkpoint', dataDir])).toMatchObject({ code: 5, stdout: '' });
  expect((await runCommand(['check', dataDir])).stdout).toMatch(/^note .*checkpoint-\d+ at byte 0: /);
});

test('the format of a store is told, and nothing is changed', async () => {
  const dataDir = await storeWithCheckpoint();
  const before = contents(dataDir);
  expect(await runCommand(['upgrade', dataDir])).toMatchObject({
    code: 0,
    stdout: 'format 1.0, the newest that this build knows; 3 files, nothing to upgrade\n',
    stderr: '',
  });
  const json = await runCommand(['upgrade', '--json', '-d', dataDir]);
  expect(json.stdout).toBe('{"format":"1.0","newest":"1.0","files":3,"upgraded":false}\n');
  expect(contents(dataDir)).toEqual(before);
  expect(await runCommand(['upgrade', join(freshDirectory(), 'none')])).toMatchObject({
    code: 1,
    stdout: '',
  });
});

/** Puts the number of a version into the header of a file, with its checksum. */
function writeVersion(path: string, major: number, minor: number): void {
  const bytes = readFileSync(path);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint16(8, major, true);
  view.setUint16(10, minor, true);
  const headerBytes = view.getUint32(28, true);
  view.setUint32(headerBytes - 4, crc32(bytes.subarray(0, headerBytes - 4)), true);
  writeFileSync(path, bytes);
}

test.for(['manifest', 'checkpoint', 'segment'])('a %s of a newer format is refused by name', async (kind) => {
  const dataDir = await storeWithCheckpoint();
  writeVersion(fileOf(dataDir, kind), 2, 3);
  const before = contents(dataDir);
  expect(await runCommand(['upgrade', dataDir])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(
      /^error: the store has format 2\.3 .* handles format 1\.0 .*use a newer version \(STORAGE_FORMAT_UNSUPPORTED\)\n$/,
    ) as unknown,
  });
  expect(contents(dataDir)).toEqual(before);
});

test('a newer minor version is one that this build reads, and says so', async () => {
  const dataDir = await storeWithCheckpoint();
  writeVersion(fileOf(dataDir, 'checkpoint'), 1, 4);
  expect((await runCommand(['upgrade', dataDir])).stdout).toBe(
    'format 1.4, of a newer build; 3 files, nothing to upgrade\n',
  );
});

test('a header that does not check out is told with its file', async () => {
  const dataDir = await storeWithCheckpoint();
  const path = fileOf(dataDir, 'segment');
  damageAt(path, 40);
  expect(await runCommand(['upgrade', dataDir])).toMatchObject({
    code: 5,
    stdout: '',
    stderr: expect.stringContaining(`${path} is damaged at byte 0`) as unknown,
  });
});
