/**
 * Proves that a planned fault strikes the call that was meant, once or for good, with the effect that was asked for,
 * and that nothing else is disturbed. The workload below makes every kind of call once or more.
 */

import { errorCode } from '@htkv/base';
import { describe, expect, test } from 'vitest';
import type { FileSystem } from '../../src/fs/file-system.ts';
import {
  CrashSignal,
  FaultyFileSystem,
  fileCallKinds,
  fileSystemSuite,
  MemoryFileSystem,
} from '../../src/testing/index.ts';

/** Makes every kind of call and gives everything back, whatever happens. */
function workload(fileSystem: FileSystem): void {
  fileSystem.makeDirectory('/d');
  const lock = fileSystem.lock('/d');
  try {
    fileSystem.list('/d');
    const file = fileSystem.create('/d/a');
    try {
      file.write(new Uint8Array([1, 2, 3, 4]), 0);
      file.truncate(3);
      file.sync();
    } finally {
      file.close();
    }
    fileSystem.syncDirectory('/d');
    const reader = fileSystem.open('/d/a', 'read');
    try {
      reader.read(new Uint8Array(4), 0);
    } finally {
      reader.close();
    }
    fileSystem.remove('/d/a');
  } finally {
    lock.release();
  }
}

function codeOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return errorCode(error) ?? String(error);
  }
}

describe('without a fault it is the file system it wraps', () => {
  fileSystemSuite({
    test,
    create: () => {
      const memory = new MemoryFileSystem();
      memory.makeDirectory('/data');
      return { fileSystem: new FaultyFileSystem(memory), directory: '/data' };
    },
  });
});

test('a sweep over all calls meets each of them once and then ends', () => {
  const struck: string[] = [];
  for (let at = 1; ; at += 1) {
    const memory = new MemoryFileSystem();
    const faulty = new FaultyFileSystem(memory);
    faulty.plan({ at, code: 'ENOSPC' });
    const code = codeOf(() => workload(faulty));
    expect(memory.openFileCount).toBe(0);
    expect(memory.lockCount).toBe(0);
    if (faulty.strikes === 0) {
      expect(code).toBeUndefined();
      expect(faulty.calls).toBe(at - 1);
      break;
    }
    expect(code).toBe('ENOSPC');
    expect(faulty.calls).toBe(at);
    const last = faulty.log.at(-1);
    expect(last?.fault).toBe('ENOSPC');
    struck.push(last?.kind ?? '');
  }
  expect(struck.toSorted()).toEqual([...fileCallKinds].toSorted());
});

test.each(fileCallKinds)('a fault in %s alone strikes there and nowhere else', (kind) => {
  const faulty = new FaultyFileSystem(new MemoryFileSystem());
  faulty.plan({ at: 1, kinds: [kind] });
  expect(codeOf(() => workload(faulty))).toBe('EIO');
  expect(faulty.log.filter(({ fault }) => fault !== undefined)).toHaveLength(1);
  expect(faulty.log.at(-1)?.kind).toBe(kind);
});

test('a fault strikes once, a sticky one until the machine is healed', () => {
  const memory = new MemoryFileSystem();
  const faulty = new FaultyFileSystem(memory);
  const file = faulty.create('/a');
  const write = (): string | undefined => codeOf(() => file.write(new Uint8Array([1]), 0));
  faulty.plan({ at: 2, kinds: ['write'] });
  expect([write(), write(), write()]).toEqual([undefined, 'EIO', undefined]);
  faulty.plan({ at: 2, kinds: ['write'], isSticky: true });
  expect([write(), write(), write()]).toEqual([undefined, 'EIO', 'EIO']);
  expect(faulty.strikes).toBe(2);
  faulty.heal();
  expect(write()).toBeUndefined();
});

test('a fault can be limited to certain paths', () => {
  const faulty = new FaultyFileSystem(new MemoryFileSystem());
  faulty.plan({ at: 1, path: (path) => path.endsWith('b') });
  faulty.create('/a').close();
  expect(codeOf(() => faulty.create('/b'))).toBe('EIO');
});

test('a failed write leaves nothing, its first bytes or all of them', () => {
  const memory = new MemoryFileSystem();
  const faulty = new FaultyFileSystem(memory);
  const file = faulty.create('/a');
  const source = new Uint8Array([1, 2, 3, 4]);
  const after = (fault: { effect?: 'none' | 'prefix' | 'full'; prefixBytes?: number }): number[] => {
    faulty.heal();
    file.truncate(0);
    faulty.plan({ at: 1, ...fault });
    expect(codeOf(() => file.write(source, 0))).toBe('EIO');
    return [...memory.bytesOf('/a')];
  };
  expect(after({})).toEqual([]);
  expect(after({ effect: 'prefix' })).toEqual([1, 2]);
  expect(after({ effect: 'prefix', prefixBytes: 3 })).toEqual([1, 2, 3]);
  expect(after({ effect: 'full' })).toEqual([1, 2, 3, 4]);
});

test('a call may take effect and fail all the same, without leaking a handle or a lock', () => {
  const memory = new MemoryFileSystem();
  const faulty = new FaultyFileSystem(memory);
  faulty.plan({ at: 1, effect: 'full', isSticky: true });
  expect(codeOf(() => faulty.create('/a'))).toBe('EIO');
  expect(codeOf(() => faulty.lock('/'))).toBe('EIO');
  expect(memory.list('/')).toEqual(['a']);
  expect([memory.openFileCount, memory.lockCount]).toEqual([0, 0]);
});

test('a failed sync is final for its file and reaches nothing', () => {
  const memory = new MemoryFileSystem();
  const faulty = new FaultyFileSystem(memory);
  const file = faulty.create('/a');
  file.write(new Uint8Array([1]), 0);
  faulty.plan({ at: 1, kinds: ['sync'] });
  expect(codeOf(() => file.sync())).toBe('EIO');
  for (const call of [() => file.sync(), () => file.write(new Uint8Array([2]), 0), () => file.truncate(0)]) {
    expect(codeOf(call)).toBe('EIO');
  }
  expect(memory.bytesOf('/a', 'durable')).toEqual(new Uint8Array(0));
  expect(file.read(new Uint8Array(1), 0)).toBe(1);
  file.close();
});

test('a hook hears of the fault, so that the disk can lose what the sync did not reach', () => {
  const memory = new MemoryFileSystem();
  const faulty = new FaultyFileSystem(memory, {
    onFault: (_kind, path) => memory.loseUnsynced(path, 'kept'),
  });
  const file = faulty.create('/a');
  file.write(new Uint8Array([1]), 0);
  faulty.plan({ at: 1, kinds: ['sync'] });
  expect(codeOf(() => file.sync())).toBe('EIO');
  const again = faulty.open('/a', 'write');
  again.sync();
  expect(memory.bytesOf('/a')).toEqual(new Uint8Array([1]));
  expect(memory.bytesOf('/a', 'durable')).toEqual(new Uint8Array(0));
});

test('a hook sees every call before it is made', () => {
  const seen: string[] = [];
  const faulty = new FaultyFileSystem(new MemoryFileSystem(), {
    onCall: (kind, path, number) => seen.push(`${number} ${kind} ${path}`),
  });
  workload(faulty);
  expect(seen).toEqual(faulty.log.map(({ kind, path }, index) => `${index + 1} ${kind} ${path}`));
  expect(seen[0]).toBe('1 makeDirectory /d');
});

test('a crash signal ends the process at that call: nothing it does afterwards has an effect', () => {
  const memory = new MemoryFileSystem();
  const signal = new CrashSignal();
  const faulty = new FaultyFileSystem(memory, {
    onCall: (kind) => {
      if (kind === 'sync') throw signal;
    },
  });
  expect(() => workload(faulty)).toThrow(signal);
  expect(() => faulty.list('/d')).toThrow(signal);
  expect(memory.counts.sync).toBe(0);
  // The workload released its lock in a `finally`, which a dead process does not get to.
  expect(memory.lockCount).toBe(1);
  expect(memory.killed().lockCount).toBe(0);
});

test('another error of the hook fails only its call', () => {
  let isBroken = true;
  const faulty = new FaultyFileSystem(new MemoryFileSystem(), {
    onCall: () => {
      if (isBroken) throw new Error('broken');
    },
  });
  expect(() => faulty.list('/')).toThrow('broken');
  isBroken = false;
  expect(faulty.list('/')).toEqual([]);
});

test('a plan that could never strike is refused', () => {
  const faulty = new FaultyFileSystem(new MemoryFileSystem());
  for (const at of [0, -1, 1.5]) expect(() => faulty.plan({ at })).toThrow(RangeError);
  faulty.plan({ at: 1, code: 'EUNHEARDOF' });
  expect(() => faulty.list('/')).toThrow(RangeError);
});
