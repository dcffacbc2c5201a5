/**
 * Proves that a directory has one writer at a time and that a dead writer's lock can be taken at once: between calls,
 * worker threads, cluster workers and processes of this machine, with real processes that are really killed.
 */

import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { errorCode, type CodedError } from '@htkv/base';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lockDirectory, type LockSurroundings } from '../../src/fs/directory-lock.ts';
import { decodeLockHolder, encodeLockHolder, type LockHolder } from '../../src/fs/lock-holder.ts';
import { acquireKernelLock } from '../../src/fs/node-kernel-lock.ts';
import { isProcessAlive, processIdentity } from '../../src/fs/node-process-identity.ts';

const isLinux = process.platform === 'linux';
const program = new URL('./hold-lock.ts', import.meta.url);
const machine: LockSurroundings = {
  identity: processIdentity,
  isAlive: isProcessAlive,
  acquireKernelLock,
};
const fileOnly: LockSurroundings = { ...machine, acquireKernelLock: () => 'unavailable' };

let directory: string;
let lockFile: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'htkv-lock-'));
  lockFile = join(directory, 'LOCK');
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function refusalOf(path: string, surroundings: LockSurroundings = machine): CodedError {
  try {
    lockDirectory(path, surroundings).release();
  } catch (error) {
    expect(errorCode(error)).toBe('STORAGE_LOCKED');
    return error as CodedError;
  }
  throw new Error('expected the lock to be refused');
}

function holderInFile(): LockHolder | undefined {
  return decodeLockHolder(readFileSync(lockFile, 'utf8'));
}

/** A holder that could have left the file: this process's surroundings, another time and token. */
function stranger(changes: Partial<LockHolder>): LockHolder {
  const token = 'f'.repeat(32);
  return {
    ...processIdentity(),
    since: '2026-01-01T00:00:00.000Z',
    token,
    kernelLock: undefined,
    ...changes,
  };
}

interface Answer {
  readonly isHeld?: boolean;
  readonly code?: string;
  readonly message?: string;
}

async function startHolder(path: string): Promise<{ child: ChildProcess; answer: Answer }> {
  const child = fork(program, [path], { execArgv: [] });
  const [answer] = (await once(child, 'message')) as [Answer];
  return { child, answer };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}

describe('in one thread', () => {
  test('the file says who holds the lock, for its owner only, and goes with the lock', () => {
    const lock = lockDirectory(directory);
    expect(holderInFile()).toMatchObject({
      ...processIdentity(),
      token: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(Math.abs(Date.parse(holderInFile()!.since) - Date.now())).toBeLessThan(60_000);
    expect(statSync(lockFile).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['LOCK']);
    lock.release();
    expect(readdirSync(directory)).toEqual([]);
  });

  test('a second lock is refused and leaves no trace', () => {
    const lock = lockDirectory(directory);
    const since = holderInFile()!.since;
    const refusal = refusalOf(directory);
    expect(refusal.message).toContain('this process');
    const { pid, host } = processIdentity();
    expect(refusal.details).toEqual({ path: directory, pid, host, since });
    expect(readdirSync(directory)).toEqual(['LOCK']);
    lock.release();
  });

  test('another path to the directory is the same directory', () => {
    const link = join(directory, 'link');
    mkdirSync(join(directory, 'store'));
    symlinkSync('store', link);
    const lock = lockDirectory(link);
    expect(refusalOf(join(directory, 'store')).message).toContain('this process');
    expect(refusalOf(join(directory, '.', 'store', '..', 'store')).message).toContain('this process');
    lock.release();
  });

  test.runIf(isLinux)('a file that was removed by hand does not free the lock', () => {
    const lock = lockDirectory(directory);
    rmSync(lockFile);
    expect(refusalOf(directory).message).toContain('has not said who it is');
    expect(existsSync(lockFile)).toBe(false);
    lock.release();
    lockDirectory(directory).release();
  });

  test('a release after the first leaves the next holder alone', () => {
    const first = lockDirectory(directory);
    first.release();
    const second = lockDirectory(directory);
    first.release();
    refusalOf(directory);
    second.release();
  });

  test('a release leaves a file that is not ours alone', () => {
    const lock = lockDirectory(directory);
    writeFileSync(lockFile, encodeLockHolder(stranger({})));
    lock.release();
    expect(holderInFile()?.token).toBe('f'.repeat(32));
  });

  test('errors of the machine come through as they are, and nothing stays locked', () => {
    const missing = join(directory, 'missing');
    expect(() => lockDirectory(missing)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    mkdirSync(lockFile);
    expect(() => lockDirectory(directory)).toThrow(expect.objectContaining({ code: 'EISDIR' }));
    rmSync(lockFile, { recursive: true });
    lockDirectory(directory).release();
  });
});

describe.each([
  ['with the lock of the kernel', machine],
  ['with the file alone', fileOnly],
])('a file that somebody left, %s', (_which, surroundings) => {
  const gone = { pid: 1, startTime: '0', pidNamespace: processIdentity().pidNamespace };

  test.runIf(isLinux).each([
    ['a process with this pid that has ended', stranger(gone)],
    ['a process before the reboot', stranger({ bootId: 'another' })],
    ['a container that was started again', stranger({ pidNamespace: 'pid:[1]' })],
  ])('%s is taken over', (_what, holder) => {
    writeFileSync(lockFile, encodeLockHolder(holder));
    const lock = lockDirectory(directory, surroundings);
    expect(holderInFile()?.token).not.toBe(holder.token);
    expect(readdirSync(directory)).toEqual(['LOCK']);
    lock.release();
  });

  test.runIf(isLinux)('a process that runs is respected, even if the kernel knows of no lock', () => {
    writeFileSync(lockFile, encodeLockHolder(stranger({ pid: process.ppid, startTime: undefined })));
    const refusal = refusalOf(directory, surroundings);
    expect(refusal.message).toContain(`process ${process.ppid} on host`);
    expect(refusal.message).toContain(`${lockFile} may be removed`);
    expect(refusal.details['pid']).toBe(process.ppid);
    lockFileIsUntouched();
  });

  test('a process of another machine is respected, and the message says what to do', () => {
    writeFileSync(lockFile, encodeLockHolder(stranger({ host: 'far-away', bootId: 'another', pid: 77 })));
    const refusal = refusalOf(directory, surroundings);
    expect(refusal.message).toContain('process 77 on host far-away since 2026-01-01T00:00:00.000Z');
    expect(refusal.message).toContain('cannot be checked from here');
    expect(refusal.message).toContain(`${lockFile} may be removed`);
    expect(refusal.details).toMatchObject({ pid: 77, host: 'far-away', since: '2026-01-01T00:00:00.000Z' });
    lockFileIsUntouched();
  });

  test.each(['', '{"pid": 12', 'null', 'x'.repeat(100)])(
    'half a file is taken over when its writer is gone: %j',
    (text) => {
      writeFileSync(lockFile, text);
      utimesSync(lockFile, 1, 1);
      const lock = lockDirectory(directory, surroundings);
      expect(holderInFile()?.pid).toBe(process.pid);
      lock.release();
    },
  );

  test('leftovers of attempts that died are removed', () => {
    writeFileSync(join(directory, 'LOCK.new-0'), '');
    writeFileSync(join(directory, 'LOCK.claim-0'), encodeLockHolder(stranger({})));
    writeFileSync(join(directory, 'LOCKSMITH'), '');
    const lock = lockDirectory(directory, surroundings);
    expect(readdirSync(directory).toSorted()).toEqual(['LOCK', 'LOCKSMITH']);
    lock.release();
  });

  function lockFileIsUntouched(): void {
    expect(holderInFile()?.token).toBe('f'.repeat(32));
    expect(readdirSync(directory)).toEqual(['LOCK']);
  }
});

test('half a file that is being written is respected where the file is all there is', () => {
  writeFileSync(lockFile, '');
  expect(refusalOf(directory, fileOnly).message).toContain('has not said who it is');
});

test.runIf(isLinux)('a holder whose kernel lock is gone is gone, though its process runs', () => {
  const { dev, ino } = statSync(directory);
  writeFileSync(lockFile, encodeLockHolder(stranger({ kernelLock: `htkv-directory-${dev}-${ino}` })));
  lockDirectory(directory).release();
});

test.runIf(isLinux)(
  'a holder in another container is named if the file tells of it, a dead one is not',
  () => {
    const lock = lockDirectory(directory);
    const kernelLock = holderInFile()?.kernelLock;
    writeFileSync(lockFile, encodeLockHolder(stranger({ pid: 7, pidNamespace: 'pid:[1]', kernelLock })));
    expect(refusalOf(directory).message).toContain('is in use by process 7 on host');
    writeFileSync(lockFile, encodeLockHolder(stranger({ pid: process.pid, startTime: '1', kernelLock })));
    expect(refusalOf(directory).message).toContain('has not said who it is');
    rmSync(lockFile);
    lock.release();
  },
);

describe('between threads', () => {
  test('a worker is refused while the main thread holds the lock', async () => {
    const lock = lockDirectory(directory);
    const worker = new Worker(program, { workerData: directory, execArgv: [] });
    const [answer] = (await once(worker, 'message')) as [Answer];
    expect(answer).toMatchObject({ isHeld: false, code: 'STORAGE_LOCKED' });
    expect(answer.message).toContain('this process');
    await worker.terminate();
    lock.release();
  });

  test('a worker that holds the lock keeps the main thread and other workers out', async () => {
    const worker = new Worker(program, { workerData: directory, execArgv: [] });
    expect((await once(worker, 'message'))[0]).toEqual({ isHeld: true });
    expect(refusalOf(directory).message).toContain('this process');
    const other = new Worker(program, { workerData: directory, execArgv: [] });
    expect((await once(other, 'message'))[0]).toMatchObject({ isHeld: false, code: 'STORAGE_LOCKED' });
    worker.postMessage('release', []);
    expect((await once(worker, 'message'))[0]).toEqual({ isReleased: true });
    lockDirectory(directory).release();
    await Promise.all([worker.terminate(), other.terminate()]);
  });

  test.runIf(isLinux)('the lock of a worker that was terminated is free', async () => {
    const worker = new Worker(program, { workerData: directory, execArgv: [] });
    expect((await once(worker, 'message'))[0]).toEqual({ isHeld: true });
    await worker.terminate();
    expect(existsSync(lockFile)).toBe(true);
    lockDirectory(directory).release();
  });
});

describe('between processes', () => {
  test('a second process is refused and told who holds the lock; after SIGKILL it can be taken at once', async () => {
    const { child, answer } = await startHolder(directory);
    try {
      expect(answer).toEqual({ isHeld: true });
      const refusal = refusalOf(directory);
      expect(refusal.details).toMatchObject({ pid: child.pid, host: processIdentity().host });
      expect(refusal.message).toContain(`process ${child.pid} on host`);
      expect(refusalOf(directory, fileOnly).details['pid']).toBe(child.pid);
    } finally {
      await end(child, 'SIGKILL');
    }
    expect(holderInFile()?.pid).toBe(child.pid);
    const lock = lockDirectory(directory);
    const second = await startHolder(directory);
    expect(second.answer).toMatchObject({ isHeld: false, code: 'STORAGE_LOCKED' });
    expect(second.answer.message).toContain(`process ${process.pid} on host`);
    await end(second.child, 'SIGKILL');
    lock.release();
  });

  test('after SIGKILL it can be taken at once with the file alone', async () => {
    const { child } = await startHolder(directory);
    await end(child, 'SIGKILL');
    lockDirectory(directory, fileOnly).release();
  });

  test('a process that holds a lock can end by itself', () => {
    const module = new URL('../../src/fs/directory-lock.ts', import.meta.url).href;
    const text = `import { lockDirectory } from '${module}';
      lockDirectory(process.argv[1]);`;
    execFileSync(process.execPath, ['--input-type=module', '-e', text, directory], { timeout: 120_000 });
    expect(existsSync(lockFile)).toBe(true);
    lockDirectory(directory).release();
  });

  test('workers of node:cluster do not share the lock', () => {
    const path = new URL('./hold-lock-in-cluster.ts', import.meta.url);
    const answer = execFileSync(process.execPath, [path.pathname, directory], { timeout: 120_000 });
    expect(String(answer)).toBe('1');
    if (isLinux) expect(holderInFile()?.kernelLock).toContain('htkv-directory-');
  });
});
