/**
 * Proves that one thread at a time holds the lock of a store, that it goes over from a thread that died and from no
 * other, and that who sleeps for it is woken; with two objects over one memory, and with real threads.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { ControlMemory, controlBytes, Word } from '../../src/control/shared-memory.ts';
import { StoreLock } from '../../src/session/store-lock.ts';
import { ThreadSlots } from '../../src/session/thread-slots.ts';

let buffer: SharedArrayBuffer;
let control: ControlMemory;
let slots: ThreadSlots;
let workers: Worker[];

beforeEach(() => {
  buffer = new SharedArrayBuffer(controlBytes(1));
  control = new ControlMemory(buffer, 1);
  slots = new ThreadSlots(control.threadSlots);
  workers = [];
});

afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.terminate()));
});

/** The lock as one more thread has it. */
function join(): { readonly lock: StoreLock; readonly slot: number } {
  const slot = slots.claim();
  const own = new ControlMemory(buffer, 1);
  return { lock: new StoreLock(own.words, new ThreadSlots(own.threadSlots), slot), slot };
}

function bury(slot: number): void {
  slots.bury(slot, slots.claimOf(slot));
}

/** Starts a thread that wants the lock `rounds` times; the result is its end. */
async function start(
  slot: number,
  rounds: number,
  dies = false,
): Promise<{ readonly done: Promise<unknown> }> {
  const worker = new Worker(new URL('./wait-for-lock.ts', import.meta.url), {
    workerData: { buffer, slot, rounds, dies },
  });
  workers.push(worker);
  const done = once(worker, 'exit');
  await once(worker, 'message');
  return { done };
}

test('it is taken and given back, by one after the other', () => {
  const [one, other] = [join(), join()];
  for (let round = 0; round < 3; round += 1) {
    for (const { lock } of [one, other]) {
      expect(lock.acquire()).toBe(false);
      expect(Atomics.load(control.words, Word.lock)).not.toBe(0);
      lock.release();
      expect(Atomics.load(control.words, Word.lock)).toBe(0);
    }
  }
});

test('only who holds it gives it back', () => {
  const [one, other] = [join(), join()];
  one.lock.acquire();
  expect(() => other.lock.release()).toThrow('is held');
});

test('it goes over from a thread that died, which is said once', () => {
  const [one, other, third] = [join(), join(), join()];
  one.lock.acquire();
  bury(one.slot);
  expect(other.lock.acquire()).toBe(true);
  other.lock.release();
  expect(third.lock.acquire()).toBe(false);
  third.lock.release();
});

test('who died while it made good what a dead one had left is followed by the next', () => {
  const [one, other, third] = [join(), join(), join()];
  one.lock.acquire();
  bury(one.slot);
  expect(other.lock.acquire()).toBe(true);
  bury(other.slot);
  expect(third.lock.acquire()).toBe(true);
  third.lock.release();
  expect(Atomics.load(control.words, Word.lock)).toBe(0);
});

test('a thread that died without it leaves nothing to take over', () => {
  const [one, other] = [join(), join()];
  one.lock.acquire();
  one.lock.release();
  bury(one.slot);
  expect(other.lock.acquire()).toBe(false);
});

test('a thread waits for a live holder, and is woken when it lets go', async () => {
  const [one, waiting] = [join(), join()];
  one.lock.acquire();
  const { done } = await start(waiting.slot, 1);
  const deadline = Date.now() + 20_000;
  // The holder sees that somebody sleeps before it lets go.
  while (Atomics.load(control.words, Word.lock) === one.slot + 1 && Date.now() < deadline) {
    await new Promise((resume) => setImmediate(resume));
  }
  expect(Atomics.load(control.words, Word.lock)).not.toBe(one.slot + 1);
  expect(control.job[0]).toBe(0);
  one.lock.release();
  await done;
  expect([control.job[0], control.job[1]]).toEqual([1, 0]);
  expect(one.lock.acquire()).toBe(false);
});

test('a thread that sleeps takes over when the holder is seen to be dead', async () => {
  const [one, waiting] = [join(), join()];
  one.lock.acquire();
  const { done } = await start(waiting.slot, 1);
  bury(one.slot);
  await done;
  expect([control.job[0], control.job[1]]).toEqual([1, 1]);
});

test('threads that want it all the time have it one at a time', async () => {
  const rounds = 20_000;
  const own = join();
  // They all begin when it is let go.
  own.lock.acquire();
  const threads = await Promise.all([join(), join()].map(({ slot }) => start(slot, rounds)));
  own.lock.release();
  for (let round = 0; round < rounds; round += 1) {
    own.lock.acquire();
    control.job[0]! += 1;
    own.lock.release();
  }
  await Promise.all(threads.map(({ done }) => done));
  expect([control.job[0], control.job[1]]).toEqual([3 * rounds, 0]);
});

test('a thread that ended with it is followed by the next one', async () => {
  const [own, dying] = [join(), join()];
  const { done } = await start(dying.slot, 1, true);
  await done;
  bury(dying.slot);
  expect(own.lock.acquire()).toBe(true);
  expect(control.job[0]).toBe(1);
});
