/**
 * Proves that the transcript names every call that changes something, in order, with ranges and failures, and that
 * tracing changes nothing.
 */

import { describe, expect, test } from 'vitest';
import {
  FaultyFileSystem,
  fileSystemSuite,
  MemoryFileSystem,
  TraceFileSystem,
} from '../../src/testing/index.ts';

describe('a traced file system is the file system it wraps', () => {
  fileSystemSuite({
    test,
    create: () => {
      const memory = new MemoryFileSystem();
      memory.makeDirectory('/data');
      return { fileSystem: new TraceFileSystem(memory), directory: '/data' };
    },
  });
});

function play(trace: TraceFileSystem): void {
  trace.makeDirectory('/data/store');
  const lock = trace.lock('/data/store');
  trace.list('/data/store');
  const file = trace.create('/data/store/1.seg');
  file.write(new Uint8Array(64), 0);
  file.write(new Uint8Array(4096), 64);
  file.sync();
  trace.note('acknowledged 1');
  file.truncate(100);
  file.close();
  trace.syncDirectory('/data/store');
  const reader = trace.open('/data/store/1.seg', 'read');
  reader.read(new Uint8Array(10), 5);
  reader.close();
  trace.remove('/data/store/1.seg');
  trace.syncDirectory('/data');
  lock.release();
}

test('calls that change something are written down in order', () => {
  const trace = new TraceFileSystem(new MemoryFileSystem(), { root: '/data/store' });
  play(trace);
  expect(trace.transcript()).toBe(`makeDirectory .
lock .
create 1.seg
write 1.seg 0+64
write 1.seg 64+4096
sync 1.seg
# acknowledged 1
truncate 1.seg 100
syncDirectory .
remove 1.seg
syncDirectory /data
unlock .
`);
});

test('calls that only look are written down on request', () => {
  const trace = new TraceFileSystem(new MemoryFileSystem(), { withReads: true });
  play(trace);
  expect(trace.lines.filter((line) => /^(list|open|read)/.test(line))).toEqual([
    'list /data/store',
    'open /data/store/1.seg read',
    'read /data/store/1.seg 5+10',
  ]);
  trace.clear();
  expect(trace.transcript()).toBe('');
});

test('a call that fails says so', () => {
  const faulty = new FaultyFileSystem(new MemoryFileSystem());
  const trace = new TraceFileSystem(faulty);
  const file = trace.create('/a');
  faulty.plan({ at: 1, code: 'ENOSPC' });
  expect(() => file.write(new Uint8Array(3), 0)).toThrow('ENOSPC');
  expect(trace.lines).toEqual(['create /a', 'write /a 0+3 failed with ENOSPC']);
});
