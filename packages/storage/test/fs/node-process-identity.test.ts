/**
 * Proves that a process can be told from another that got the same pid later, and from one that has ended but was not
 * collected by its parent yet, with real processes.
 */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { isProcessAlive, processIdentity } from '../../src/fs/node-process-identity.ts';

const isLinux = process.platform === 'linux';

test('a process knows itself', () => {
  const identity = processIdentity();
  expect(identity).toMatchObject({ pid: process.pid, host: hostname() });
  expect(processIdentity()).toEqual(identity);
  expect(isProcessAlive(identity.pid, identity.startTime)).toBe(true);
});

test.runIf(isLinux)('on Linux it also knows its start, its boot and its namespaces', () => {
  const identity = processIdentity();
  expect(identity.startTime).toMatch(/^\d+$/);
  expect(identity.bootId).toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  expect(identity.pidNamespace).toMatch(/^pid:\[\d+\]$/);
  expect(identity.networkNamespace).toMatch(/^net:\[\d+\]$/);
});

test.runIf(isLinux)('the same pid with another start is another process', () => {
  expect(isProcessAlive(process.pid, '1')).toBe(false);
  expect(isProcessAlive(process.pid, undefined)).toBe(true);
});

test('a process that has ended is not alive', () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  expect(isProcessAlive(pid, undefined)).toBe(false);
});

test.runIf(isLinux)('a process whose name looks like the end of its name is read correctly', async () => {
  const rename = 'cat /proc/$$/stat; echo ") S 1 1" > /proc/$$/comm; echo done; read line';
  const child = spawn('/bin/sh', ['-c', rename], { stdio: ['pipe', 'pipe', 'ignore'] });
  try {
    let text = '';
    for await (const chunk of child.stdout) if ((text += String(chunk)).endsWith('done\n')) break;
    const startTime = text.split(' ')[21];
    expect(isProcessAlive(child.pid!, startTime)).toBe(true);
    expect(isProcessAlive(child.pid!, '1')).toBe(false);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

test.runIf(isLinux)('a zombie is not alive, though its pid is taken', async () => {
  // The shell starts a program, says its pid, and becomes another one, before that ends, that does not collect it.
  const child = spawn('/bin/sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const [text] = (await once(child.stdout, 'data')) as [Uint8Array];
    const pid = Number(new TextDecoder().decode(text));
    const stateOf = (): string => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]![0]!;
    await expect.poll(stateOf, { interval: 5 }).toBe('Z');
    expect(isProcessAlive(pid, undefined)).toBe(false);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

test('what is not a pid is not alive', () => {
  for (const pid of [0, -1, 1.5, Number.NaN]) expect(isProcessAlive(pid, undefined)).toBe(false);
});
