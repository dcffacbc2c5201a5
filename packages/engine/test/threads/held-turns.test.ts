/**
 * Proves what a thread does of itself while another one does not let go of the store: it goes on when it can, and nothing
 * that nobody asked for fails. The minute for which it would wait passes at once.
 */
import { nodeEnvironment, SingleNodeEngine } from '@htkv/engine';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { resultOfSync } from '../result-of.ts';
import { JoinedThread } from './joined-thread.ts';

interface Timer {
  readonly delayMs: number;
  readonly task: () => void;
}

let directory: string;
let engine: SingleNodeEngine;
let thread: JoinedThread;
/** Those that wait; they fire when the test says so. */
let timers: Set<Timer>;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'htkv-held-'));
  timers = new Set();
  const wait = (delayMs: number, task: () => void): (() => void) => {
    const timer = { delayMs, task };
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  engine = SingleNodeEngine.openSync(
    { dataDir: join(directory, 'store'), fsyncIntervalMs: 123, compactionIntervalMs: 456 },
    { ...nodeEnvironment(), systemTime: () => 1_700_000_000_000, later: wait, whenever: wait },
  );
  engine.putSync('key', 'value', { durability: 'disk' });
  thread = await JoinedThread.join(engine.share());
});

afterEach(async () => {
  vi.restoreAllMocks();
  await thread.terminate();
  engine.closeSync();
  rmSync(directory, { recursive: true });
});

/** Runs `step` while the thread has the store for itself. */
async function whileHeld(step: () => void): Promise<void> {
  const gate = new Int32Array(new SharedArrayBuffer(8));
  const held = thread.run((joined, words) => {
    joined.updateSync('key', () => {
      Atomics.store(words, 0, 1);
      Atomics.notify(words, 0);
      Atomics.wait(words, 1, 0);
      return 'changed';
    });
  }, gate);
  while (Atomics.load(gate, 0) === 0) Atomics.wait(gate, 0, 0, 10);
  const waiting = vi.spyOn(Atomics, 'wait').mockReturnValue('timed-out');
  try {
    expect(resultOfSync(() => engine.putSync('other', 'value'))).toBe('STORAGE_BUSY');
    step();
  } finally {
    waiting.mockRestore();
    Atomics.store(gate, 1, 1);
    Atomics.notify(gate, 1);
  }
  await held;
}

/** Fires the one timer of that length. */
function fire(delayMs: number): void {
  const found = [...timers].filter((timer) => timer.delayMs === delayMs);
  expect(found).toHaveLength(1);
  timers.delete(found[0]!);
  found[0]!.task();
}

test('a look whether compaction is due that cannot be taken is taken the next time', async () => {
  await whileHeld(() => fire(456));
  fire(456);
});

test('a write that nobody waits for and that cannot be made durable in time is made so later', async () => {
  engine.putSync('nobody', 'waits');
  const sequence = engine.latestSequence();
  await whileHeld(() => fire(123));
  fire(123);
  await engine.durable(sequence);
  await engine.flush();
});
