/**
 * Proves that the kernel's lock is exclusive, free again as soon as it is released, and that a refusal for another
 * reason than a holder is told apart. Elsewhere than on Linux it says that it has none.
 */

import * as fs from 'node:fs';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { acquireKernelLock, type KernelLock } from '../../src/fs/node-kernel-lock.ts';

vi.mock('node:fs', { spy: true });

const name = `htkv-test-${process.pid}`;

function acquired(each: string): KernelLock {
  const lock = acquireKernelLock(each);
  if (typeof lock === 'string') throw new Error(`expected the lock ${each}, got ${lock}`);
  return lock;
}

afterEach(() => {
  vi.resetAllMocks();
});

describe.runIf(process.platform === 'linux')('on Linux', () => {
  test('a name has one holder at a time', async () => {
    const lock = acquired(name);
    expect(acquireKernelLock(name)).toBe('busy');
    const other = acquired(`${name}-other`);
    lock.release();
    acquired(name).release();
    other.release();
    // The refusal arrives as an event as well, which must not end the process.
    await setImmediate();
  });

  test('a name that is the beginning of another is not the same name', () => {
    const long = acquired(`${name}9`);
    acquired(name).release();
    long.release();
  });

  test('a stranger who connects is sent away', async () => {
    const lock = acquired(name);
    const closed = await new Promise((resolve) => {
      connect({ path: `\0${name}` }).on('close', () => resolve('closed'));
    });
    expect(closed).toBe('closed');
    lock.release();
  });

  test('if nobody is bound to the name, it is the platform that refused', () => {
    const lock = acquired(name);
    vi.mocked(fs.readFileSync).mockReturnValueOnce(`0000: 00000002 @${name}9\n0000: 00000002 /x@${name}\n`);
    expect(acquireKernelLock(name)).toBe('unavailable');
    vi.mocked(fs.readFileSync).mockReturnValueOnce(`0000: 00000002 @${name}@@@\n`);
    expect(acquireKernelLock(name)).toBe('busy');
    lock.release();
  });

  test('if the kernel does not say who is bound, somebody is', () => {
    const lock = acquired(name);
    vi.mocked(fs.readFileSync).mockImplementationOnce(() => {
      throw new Error('hidden');
    });
    expect(acquireKernelLock(name)).toBe('busy');
    lock.release();
  });
});

test('other platforms have none', () => {
  const platform = vi.spyOn(process, 'platform', 'get').mockReturnValue('darwin');
  expect(acquireKernelLock(name)).toBe('unavailable');
  platform.mockRestore();
});
