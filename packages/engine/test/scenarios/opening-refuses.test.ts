/**
 * Proves that a directory which is no store, or whose store is not to be had, is refused with a code that says why,
 * that nothing is created or changed by it, and that what the attempt took is given back. In real directories where
 * the machine decides, on the simulated one where it must fail on request.
 */

import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SingleNodeEngine, type StoreConfig } from '@htkv/engine';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { errorOf, resultOf, resultOfSync } from '../result-of.ts';
import { DIRECTORY, SimulatedMachine } from '../simulated-machine.ts';
import { text } from '../text.ts';

let parent: string;
let dataDir: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'htkv-open-'));
  dataDir = join(parent, 'store');
});

afterEach(() => {
  rmSync(parent, { recursive: true });
});

const refusal = (config: StoreConfig): unknown => resultOfSync(() => SingleNodeEngine.openSync(config));

function makeStore(): void {
  const engine = SingleNodeEngine.openSync({ dataDir });
  engine.putSync('k', 'v');
  engine.closeSync();
}

/** Names and bytes of everything in the directory. */
const contents = (): string[][] =>
  readdirSync(dataDir)
    .toSorted()
    .map((name) => [name, readFileSync(join(dataDir, name), 'base64')]);

test('a directory is created with everything above it, for its owner only', () => {
  dataDir = join(parent, 'deep', 'er', 'store');
  SingleNodeEngine.openSync({ dataDir }).closeSync();
  if (process.platform !== 'win32') expect(statSync(dataDir).mode & 0o777).toBe(0o700);
});

test('a store that is missing is not created against the will', () => {
  expect(refusal({ dataDir, createIfMissing: false })).toBe('STORAGE_NOT_FOUND');
  expect(refusal({ dataDir, readOnly: true })).toBe('STORAGE_NOT_FOUND');
  expect(existsSync(dataDir)).toBe(false);
  mkdirSync(dataDir);
  expect(refusal({ dataDir, createIfMissing: false })).toBe('STORAGE_NOT_FOUND');
  expect(refusal({ dataDir, readOnly: true })).toBe('STORAGE_NOT_FOUND');
  expect(readdirSync(dataDir)).toEqual([]);
});

test('a store that exists is not opened against the will, and not harmed', () => {
  makeStore();
  expect(refusal({ dataDir, errorIfExists: true })).toBe('STORAGE_EXISTS');
  const engine = SingleNodeEngine.openSync({ dataDir, createIfMissing: false });
  expect(text(engine.get('k'))).toBe('v');
  engine.closeSync();
  dataDir = join(parent, 'other');
  SingleNodeEngine.openSync({ dataDir, errorIfExists: true }).closeSync();
});

test('a second opener is told who is there, and the first goes on', async () => {
  const first = await SingleNodeEngine.open({ dataDir });
  const error = errorOf(() => SingleNodeEngine.openSync({ dataDir }));
  expect(error).toMatchObject({ code: 'STORAGE_LOCKED', details: { pid: process.pid } });
  expect(await resultOf(SingleNodeEngine.open({ dataDir }))).toBe('STORAGE_LOCKED');
  expect(first.putSync('k', 'v')).toBe('applied');
  await first.close();
  SingleNodeEngine.openSync({ dataDir }).closeSync();
});

test('a directory with a file that no store writes is left alone', () => {
  mkdirSync(dataDir);
  writeFileSync(join(dataDir, 'holiday.jpg'), 'not ours');
  const before = contents();
  const error = errorOf(() => SingleNodeEngine.openSync({ dataDir }));
  expect(error).toMatchObject({
    code: 'STORAGE_FOREIGN_FILE',
    details: { path: join(dataDir, 'holiday.jpg') },
  });
  expect(contents()).toEqual(before);
  rmSync(join(dataDir, 'holiday.jpg'));
  SingleNodeEngine.openSync({ dataDir }).closeSync();
  writeFileSync(join(dataDir, 'segment-1'), 'nearly ours');
  expect(refusal({ dataDir })).toBe('STORAGE_FOREIGN_FILE');
});

test.for([{}, { readOnly: true }])('a file in the place of the directory, with %j', (config) => {
  writeFileSync(dataDir, 'a file');
  const error = errorOf(() => SingleNodeEngine.openSync({ dataDir, ...config }));
  expect(error).toMatchObject({ code: 'STORAGE_IO', cause: { code: 'ENOTDIR' } });
  expect(error.message).toContain('ENOTDIR');
  expect(readFileSync(dataDir, 'utf8')).toBe('a file');
  expect(refusal({ dataDir: join(dataDir, 'below'), ...config })).toBe('STORAGE_IO');
});

test('a directory or a file that may not be read', () => {
  makeStore();
  if (process.getuid?.() === 0 || process.platform === 'win32') {
    // Nothing is forbidden here, so the simulated disk forbids it.
    for (const kind of ['list', 'open'] as const) {
      const machine = new SimulatedMachine();
      machine.open().closeSync();
      machine.faults.plan({ at: 1, kinds: [kind], code: 'EACCES', isSticky: true });
      const error = errorOf(() => machine.open());
      expect(error).toMatchObject({ code: 'STORAGE_IO', cause: { code: 'EACCES' } });
      expect(machine.disk.lockCount).toBe(0);
      expect(machine.disk.openFileCount).toBe(0);
    }
    return;
  }
  const segment = readdirSync(dataDir).find((name) => name.startsWith('segment')) ?? '';
  for (const path of [dataDir, join(dataDir, segment)]) {
    chmodSync(path, 0o000);
    expect(errorOf(() => SingleNodeEngine.openSync({ dataDir }))).toMatchObject({ code: 'STORAGE_IO' });
    chmodSync(path, 0o700);
  }
  SingleNodeEngine.openSync({ dataDir }).closeSync();
});

describe('damage of what was durable', () => {
  test.for(['segment', 'manifest'])('refuses the store, names the file, and changes nothing: %s', (kind) => {
    const machine = new SimulatedMachine();
    const engine = machine.open();
    for (let index = 0; index < 50; index += 1) engine.putSync(`${index}`, 'some value');
    engine.closeSync();
    const name = machine.disk.list(DIRECTORY).find((each) => each.startsWith(kind))!;
    const path = `${DIRECTORY}/${name}`;
    machine.disk.corrupt(path, machine.disk.bytesOf(path).length >>> 1, 0x10);
    const before = machine.disk.list(DIRECTORY);
    const error = errorOf(() => machine.open());
    expect(error).toMatchObject({ code: 'STORAGE_CORRUPT', details: { path } });
    expect(error.message).toContain(path);
    expect(errorOf(() => machine.open({ readOnly: true }))).toMatchObject({ code: 'STORAGE_CORRUPT' });
    expect(machine.disk.list(DIRECTORY)).toEqual(before);
    expect(machine.disk.lockCount).toBe(0);
    expect(machine.disk.openFileCount).toBe(0);
  });

  test('of a value with a file of its own refuses that value and nothing else', () => {
    const machine = new SimulatedMachine();
    let engine = machine.open();
    engine.putSync('large', new Uint8Array(500_000));
    engine.putSync('small', 'v');
    engine.closeSync();
    const name = machine.disk.list(DIRECTORY).find((each) => each.startsWith('value'))!;
    machine.disk.corrupt(`${DIRECTORY}/${name}`, 250_000, 1);
    engine = machine.open();
    expect(errorOf(() => engine.get('large'))).toMatchObject({ code: 'STORAGE_CORRUPT' });
    expect(text(engine.get('small'))).toBe('v');
    expect(engine.deleteSync('large')).toBe('removed');
    engine.closeSync();
  });
});

test('an open that fails at any call gives back the lock and every file, and the next one succeeds', () => {
  for (const code of ['EIO', 'ENOSPC', 'EMFILE']) {
    for (let at = 1; ; at += 1) {
      const machine = new SimulatedMachine();
      const engine = machine.open({ maxSegmentSize: 4096 });
      for (let index = 0; index < 10; index += 1) engine.putSync(`${index}`, new Uint8Array(1_000));
      engine.putSync('last', new Uint8Array(300_000), { durability: 'disk' });
      const rebooted = machine.afterKill();
      rebooted.faults.plan({ at, code });
      const result = resultOfSync(() => rebooted.open().closeSync());
      if (rebooted.faults.strikes === 0) break;
      const context = `${code} at call ${at}`;
      expect([undefined, 'STORAGE_IO', 'STORAGE_NO_SPACE'], context).toContain(result);
      expect(rebooted.disk.lockCount, context).toBe(0);
      expect(rebooted.disk.openFileCount, context).toBe(0);
      const next = rebooted.afterPowerLoss().open();
      expect(next.size, context).toBe(11);
      next.closeSync();
    }
  }
});
