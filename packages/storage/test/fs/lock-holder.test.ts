/**
 * Proves the verdict on every kind of holder that a lock file can name: dead, alive, restarted, rebooted, in another
 * container, on another machine. The verdict is a pure function, so each case is a row.
 */

import { describe, expect, test } from 'vitest';
import {
  decodeLockHolder,
  encodeLockHolder,
  judgeLockHolder,
  type LockHolder,
  type LockObserver,
  type LockVerdict,
} from '../../src/fs/lock-holder.ts';

const observer: LockObserver = {
  pid: 100,
  host: 'here',
  startTime: '5000',
  bootId: 'boot-1',
  pidNamespace: 'pid:[1]',
  networkNamespace: 'net:[1]',
  kernelLock: 'name-1',
};

const holder: LockHolder = {
  ...observer,
  pid: 200,
  startTime: '4000',
  kernelLock: undefined,
  since: '2026-01-01T00:00:00.000Z',
  token: '0123456789abcdef0123456789abcdef',
};

const withoutProc = {
  startTime: undefined,
  bootId: undefined,
  pidNamespace: undefined,
  networkNamespace: undefined,
};

interface Case {
  readonly what: string;
  readonly holder?: Partial<LockHolder>;
  readonly observer?: Partial<LockObserver>;
  /** What looking up the pid says; it must not be asked unless given. */
  readonly isAlive?: boolean;
  readonly verdict: LockVerdict;
}

const cases: readonly Case[] = [
  { what: 'a process of this machine that runs', isAlive: true, verdict: 'held' },
  { what: 'a process of this machine that has ended', isAlive: false, verdict: 'gone' },
  { what: 'a process before the reboot', holder: { bootId: 'boot-0' }, verdict: 'gone' },
  {
    what: 'a process of a container that was started again',
    holder: { pidNamespace: 'pid:[2]' },
    verdict: 'gone',
  },
  {
    what: 'a process of another container of this machine',
    holder: { pidNamespace: 'pid:[2]', host: 'there' },
    verdict: 'unknown',
  },
  { what: 'a process of another machine', holder: { bootId: 'boot-2', host: 'there' }, verdict: 'unknown' },
  {
    what: 'a machine that got another name, process runs',
    holder: { host: 'old-name' },
    isAlive: true,
    verdict: 'held',
  },
  {
    what: 'a machine that got another name, process ended',
    holder: { host: 'old' },
    isAlive: false,
    verdict: 'gone',
  },
  {
    what: 'a thread of a running process that has ended, as the free kernel lock shows',
    holder: { kernelLock: 'name-1' },
    verdict: 'gone',
  },
  {
    what: 'a holder whose kernel lock is in another network namespace',
    holder: { kernelLock: 'name-1', networkNamespace: 'net:[2]' },
    isAlive: true,
    verdict: 'held',
  },
  {
    what: 'a holder who reached the directory by another device',
    holder: { kernelLock: 'name-2' },
    isAlive: true,
    verdict: 'held',
  },
  {
    what: 'an observer without a kernel lock',
    holder: { kernelLock: 'name-1' },
    observer: { kernelLock: undefined },
    isAlive: true,
    verdict: 'held',
  },
  {
    what: 'a platform without /proc, process runs',
    holder: withoutProc,
    observer: { ...withoutProc, kernelLock: undefined },
    isAlive: true,
    verdict: 'held',
  },
  {
    what: 'a platform without /proc, process ended',
    holder: withoutProc,
    observer: { ...withoutProc, kernelLock: undefined },
    isAlive: false,
    verdict: 'gone',
  },
  {
    what: 'a platform without /proc, another host',
    holder: { ...withoutProc, host: 'there' },
    observer: { ...withoutProc, kernelLock: undefined },
    verdict: 'unknown',
  },
];

describe('the verdict', () => {
  test.each(cases)('$what: $verdict', (row) => {
    const asked: number[] = [];
    const verdict = judgeLockHolder({ ...holder, ...row.holder }, { ...observer, ...row.observer }, (pid) => {
      asked.push(pid);
      return row.isAlive ?? false;
    });
    expect(verdict).toBe(row.verdict);
    expect(asked).toEqual(row.isAlive === undefined ? [] : [200]);
  });

  test('the start time goes with the pid, so that a pid that was given out again is not taken for the holder', () => {
    const asked: (string | undefined)[] = [];
    judgeLockHolder(holder, observer, (_pid, startTime) => asked.push(startTime) > 0);
    expect(asked).toEqual(['4000']);
  });
});

describe('the file', () => {
  test('what is written is what is read, and people can read it too', () => {
    for (const each of [holder, { ...holder, ...withoutProc }, { ...holder, kernelLock: 'name' }]) {
      expect(decodeLockHolder(encodeLockHolder(each))).toEqual(each);
    }
    expect(encodeLockHolder(holder)).toContain('\n  "pid": 200,\n');
  });

  test('a file cut at any byte is no holder', () => {
    const text = encodeLockHolder(holder).trimEnd();
    for (let length = 0; length < text.length; length += 1) {
      expect(decodeLockHolder(text.slice(0, length))).toBeUndefined();
    }
  });

  test.each([
    ['not JSON', 'pid 7'],
    ['not an object', '7'],
    ['nothing', 'null'],
    ['no pid', JSON.stringify({ ...holder, pid: undefined })],
    ['a process group', JSON.stringify({ ...holder, pid: -1 })],
    ['half a process', JSON.stringify({ ...holder, pid: 1.5 })],
    ['no host', JSON.stringify({ ...holder, host: 7 })],
    ['no time', JSON.stringify({ ...holder, since: undefined })],
    ['a token that is a path', JSON.stringify({ ...holder, token: '../../etc/passwd' })],
  ])('%s is no holder', (_what, text) => {
    expect(decodeLockHolder(text)).toBeUndefined();
  });
});
