/**
 * How a thread makes itself known to a store that another thread has opened, so that its end is noticed, however it
 * ends: two threads, the one that does the commit jobs and the one that opened the store, get a message port each,
 * and a port that closes tells that the thread at its other end is gone. The commit thread answers with a slot.
 *
 * ```
 * reply, 32-bit words: | 0 waiting, 1 claimed, 2 refused | slot | claim |
 * ```
 */
import { MessageChannel, postMessageToThread, type MessagePort } from 'node:worker_threads';

import { CodedError, errorCode } from '@htkv/base';

import type { ThreadSlots } from './thread-slots.ts';

const OUTCOME = 0;
const SLOT = 1;
const CLAIM = 2;

const WAITING = 0;
const CLAIMED = 1;
const REFUSED = 2;

/** Long enough for threads that start. Whoever opened the store has to let its event loop run within it. */
const PATIENCE_MS = 10_000;

/** What is sent to both threads. */
interface Registration {
  readonly htkv: 'attach';
  /** Names the store among those of the process. */
  readonly store: string;
  readonly reply: SharedArrayBuffer;
  readonly port: MessagePort;
}

/** A thread that is known to a store. */
export interface Registered {
  readonly slot: number;
  /** From the commit thread: a message for each job that was waited for. */
  readonly commits: MessagePort;
  /** Tells both threads that this one is gone. */
  leave(): void;
}

/** Registers this thread with the two threads. Throws `STORAGE_TOO_MANY_THREADS`, `STORAGE_NOT_SHARED`. */
export function registerThread(store: string, commitThread: number, openingThread: number): Registered {
  const reply = new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT);
  const words = new Int32Array(reply);
  const [commits, opener] = [commitThread, openingThread].map((target) => {
    const { port1, port2 } = new MessageChannel();
    const registration: Registration = { htkv: 'attach', store, reply, port: port2 };
    // A thread that is not there does not answer, and that is seen below.
    postMessageToThread(target, registration, [port2]).catch(() => undefined);
    port1.unref();
    return port1;
  });
  const leave = (): void => {
    commits!.close();
    opener!.close();
  };
  Atomics.wait(words, OUTCOME, WAITING, PATIENCE_MS);
  const outcome = Atomics.load(words, OUTCOME);
  if (outcome === CLAIMED) return { slot: words[SLOT]!, commits: commits!, leave };
  leave();
  if (outcome === REFUSED) {
    throw new CodedError('STORAGE_TOO_MANY_THREADS', 'expected a free thread slot of the store, found none');
  }
  throw new CodedError(
    'STORAGE_NOT_SHARED',
    `expected the thread that opened the store to answer within ${PATIENCE_MS} ms; it has closed it, or is busy`,
  );
}

/** What one of the two threads does about threads that come and go. */
export interface ThreadWatcher {
  readonly store: string;
  readonly slots: ThreadSlots;
  /** Whether this thread gives out the slots. */
  readonly claims: boolean;
  /** A thread has come; messages may be posted to its port. */
  onCome?(slot: number, port: MessagePort): void;
  /** A thread is gone, and its slot is marked as dead unless it had left. */
  onGone(slot: number): void;
}

/** Starts to listen for threads of a store; the result ends it. */
export function watchThreads(watcher: ThreadWatcher): () => void {
  const onMessage = (value: unknown): void => {
    if (isRegistration(value) && value.store === watcher.store) admit(watcher, value);
  };
  process.on('workerMessage', onMessage);
  return () => void process.off('workerMessage', onMessage);
}

function admit(watcher: ThreadWatcher, { reply, port }: Registration): void {
  const words = new Int32Array(reply);
  port.on('close', () => {
    if (Atomics.load(words, OUTCOME) !== CLAIMED) return;
    watcher.slots.bury(words[SLOT]!, words[CLAIM]!);
    watcher.onGone(words[SLOT]!);
  });
  port.unref();
  if (!watcher.claims) return;
  try {
    const slot = watcher.slots.claim();
    words[SLOT] = slot;
    words[CLAIM] = watcher.slots.claimOf(slot);
    watcher.onCome?.(slot, port);
    Atomics.store(words, OUTCOME, CLAIMED);
  } catch (error) {
    if (errorCode(error) !== 'STORAGE_TOO_MANY_THREADS') throw error;
    Atomics.store(words, OUTCOME, REFUSED);
  }
  Atomics.notify(words, OUTCOME);
}

function isRegistration(value: unknown): value is Registration {
  return typeof value === 'object' && value !== null && 'htkv' in value && value.htkv === 'attach';
}
