/**
 * Proves the argument in `directory-lock.ts` that a stale lock file is taken over by one taker only, without help
 * from the kernel: at every single call that a taker makes of the file system, another taker runs from start to end,
 * or the taker dies, or both; with and without hard links.
 *
 * The takers are played in one thread, each with a pid of its own. A table says which of them are alive.
 */

import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorCode } from '@htkv/base';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { lockDirectory } from '../../src/fs/directory-lock.ts';
import type { Lock } from '../../src/fs/file-system.ts';
import { encodeLockHolder } from '../../src/fs/lock-holder.ts';
import type { ProcessIdentity } from '../../src/fs/node-process-identity.ts';

vi.mock('node:fs', async (importOriginal) => {
  const original = await importOriginal<Record<string, unknown>>();
  const names = [
    'openSync',
    'linkSync',
    'renameSync',
    'unlinkSync',
    'writeFileSync',
    'readFileSync',
    'readdirSync',
  ];
  const watched = names.map((name) => {
    const call = original[name] as (...values: unknown[]) => unknown;
    return [name, (...values: unknown[]) => stage.pass(name, () => call(...values))] as const;
  });
  return { ...original, ...Object.fromEntries(watched) };
});

/** Sees each call of the file system that the code under test makes, before it is made. */
const stage = vi.hoisted(() => ({
  onCall: undefined as ((name: string) => void) | undefined,
  pass<Result>(name: string, call: () => Result): Result {
    this.onCall?.(name);
    return call();
  },
}));

/** Where the second of two events is tried; the first is tried at every call. */
const someCalls = [1, 2, 3, 5, 8, 11, 14, 17, 20, 24];

class Death extends Error {}

let directory: string;
let alive: Set<number>;
/** Who was told that they have the lock, is alive and has not released it. */
let holders: Set<number>;

const machine = { host: 'here', bootId: 'boot', pidNamespace: 'pid:[1]', networkNamespace: 'net:[1]' };

function identityOf(pid: number): ProcessIdentity {
  return { ...machine, pid, startTime: String(pid) };
}

/** Plays the process `pid`, from its birth on; `onCall` sees its calls only. */
function take(pid: number, onCall?: (number: number, name: string) => void): Lock | 'refused' | 'dead' {
  const outer = stage.onCall;
  let calls = 0;
  alive.add(pid);
  stage.onCall = (name) => {
    if (!alive.has(pid)) throw new Death();
    calls += 1;
    onCall?.(calls, name);
  };
  try {
    const lock = lockDirectory(directory, {
      identity: () => identityOf(pid),
      isAlive: (other) => alive.has(other),
      acquireKernelLock: () => 'unavailable',
    });
    holders.add(pid);
    return lock;
  } catch (error) {
    if (error instanceof Death) return 'dead';
    expect(errorCode(error), String(error)).toBe('STORAGE_LOCKED');
    return 'refused';
  } finally {
    stage.onCall = outer;
  }
}

function die(pid: number): never {
  alive.delete(pid);
  holders.delete(pid);
  throw new Death();
}

function leaveStaleFile(): void {
  const token = '0'.repeat(32);
  const text = encodeLockHolder({ ...identityOf(1), since: '2026', token, kernelLock: undefined });
  fs.writeFileSync(join(directory, 'LOCK'), text);
}

/** Calls `play` for call 1, 2, ... of taker 10 until it makes fewer calls than that; returns how many it made. */
function sweep(play: (at: number) => boolean): number {
  for (let at = 1; ; at += 1) {
    fs.rmSync(directory, { recursive: true, force: true });
    fs.mkdirSync(directory);
    alive = new Set();
    holders = new Set();
    leaveStaleFile();
    if (!play(at)) return at - 1;
    expect(holders.size, `at call ${at}`).toBeLessThanOrEqual(1);
    const stillAlive = holders.size;
    // Whatever happened, the lock works on: it is refused while somebody has it, and can be taken otherwise.
    expect(typeof take(99) === 'object', `at call ${at}`).toBe(stillAlive === 0);
    expect(fs.readdirSync(directory), `at call ${at}`).toEqual(['LOCK']);
  }
}

beforeEach(() => {
  directory = fs.mkdtempSync(join(tmpdir(), 'htkv-takeover-'));
});

afterEach(() => {
  stage.onCall = undefined;
  fs.rmSync(directory, { recursive: true, force: true });
});

function failLinks(name: string): void {
  if (name === 'linkSync') throw Object.assign(new Error('no links'), { code: 'EPERM' });
}

describe('with hard links', () => {
  test('another taker at any call: exactly one of the two gets the lock', () => {
    const winners = new Set<number>();
    const calls = sweep((at) => {
      let isMet = false;
      take(10, (number) => {
        if (number !== at) return;
        isMet = true;
        take(20);
      });
      if (isMet) expect(holders.size, `at call ${at}`).toBe(1);
      for (const pid of holders) winners.add(pid);
      return isMet;
    });
    expect(calls).toBeGreaterThan(10);
    expect(winners).toEqual(new Set([10, 20]));
  });

  test('a taker that dies at any call: the next one gets the lock', () => {
    const calls = sweep((at) => {
      const outcome = take(10, (number) => {
        if (number === at) die(10);
      });
      if (outcome === 'dead') expect(typeof take(20), `at call ${at}`).toBe('object');
      return outcome === 'dead';
    });
    expect(calls).toBeGreaterThan(10);
  });

  test('takers that die one after another, each at any call: the last one gets the lock', () => {
    const isDeadAt = (pid: number, at: number): boolean =>
      take(pid, (number) => {
        if (number === at) die(pid);
      }) === 'dead';
    for (const second of someCalls) {
      sweep((first) => {
        if (!isDeadAt(10, first)) return false;
        if (isDeadAt(20, second) && isDeadAt(30, first + second)) {
          expect(typeof take(40), `at calls ${first}, ${second}`).toBe('object');
        }
        return true;
      });
    }
  });

  test('a taker that is overtaken at any call by one that dies at any call', () => {
    let combinations = 0;
    for (const death of someCalls) {
      sweep((at) => {
        let isMet = false;
        take(10, (number) => {
          if (number !== at) return;
          isMet = true;
          take(20, (other) => {
            if (other === death) die(20);
          });
        });
        combinations += 1;
        return isMet;
      });
    }
    expect(combinations).toBeGreaterThan(100);
  });

  test('two others at any two calls: at most one of the three has the lock', () => {
    for (const second of someCalls) {
      sweep((at) => {
        let isMet = false;
        take(10, (number) => {
          if (number === at) isMet = true;
          if (number === at) take(20);
          if (number === at + second) take(30);
        });
        return isMet;
      });
    }
  });

  test('a holder that releases at any call of a taker: the lock is free afterwards', () => {
    sweep((at) => {
      const lock = take(5);
      if (typeof lock !== 'object') throw new Error('expected the stale lock to be taken');
      let isMet = false;
      const outcome = take(10, (number) => {
        if (number !== at) return;
        isMet = true;
        const onCall = stage.onCall;
        stage.onCall = undefined;
        lock.release();
        stage.onCall = onCall;
        holders.delete(5);
      });
      if (!isMet) return false;
      if (outcome === 'refused') expect(holders.size).toBe(0);
      return true;
    });
  });
});

describe('without hard links', () => {
  test('another taker at any call: at most one of the two gets the lock', () => {
    const calls = sweep((at) => {
      let isMet = false;
      take(10, (number, name) => {
        if (number === at) {
          isMet = true;
          take(20, (_, other) => failLinks(other));
        }
        failLinks(name);
      });
      if (isMet) expect(holders.size, `at call ${at}`).toBe(1);
      return isMet;
    });
    expect(calls).toBeGreaterThan(10);
  });
});
