/**
 * How a thread makes itself known to a store that another thread has opened, so that its end is noticed, however it
 * ends: two threads, the one that does the commit jobs and the one that opened the store, get a message port each,
 * and a port that closes tells that the thread at its other end is gone. The commit thread answers with a slot.
 *
 * ```
 * reply, 32-bit words: | 0 waiting, 1 claimed, 2 refused, 3 given up | slot | claim |
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
const GIVEN_UP = 3;

/** Long enough for threads that start. Whoever opened the store has to let its event loop run within it. */
const PATIENCE_MS = 10_000;
/** How often a thread that waits looks whether the one that it asked is still there. */
const SLICE_MS = 50;

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
  /** Id of the commit thread that has the other end. */
  readonly commitThread: number;
  /** Tells both threads that this one is gone. */
  leave(): void;
}

/**
 * Registers this thread with the two threads. `commitThread` waits until there is one, and gives its id; it is asked
 * again when the one that was asked has died before it answered. Throws `STORAGE_TOO_MANY_THREADS`,
 * `STORAGE_NOT_SHARED`.
 */
export function registerThread(
  store: string,
  commitThread: () => number,
  isCommitThread: (thread: number) => boolean,
  openingThread: number,
): Registered {
  let leftMs = PATIENCE_MS;
  for (;;) {
    const target = commitThread();
    const registered = register(store, [target, openingThread], () => {
      leftMs -= SLICE_MS;
      return isCommitThread(target) && leftMs > 0;
    });
    if (registered !== undefined) return registered;
    if (leftMs > 0) continue;
    throw new CodedError(
      'STORAGE_NOT_SHARED',
      `expected the thread that opened the store to answer within ${PATIENCE_MS} ms; it has closed it, or is busy`,
    );
  }
}

/** As above, once; undefined if there is no answer for as long as it `isWorthwhile`. */
function register(
  store: string,
  targets: readonly number[],
  isWorthwhile: () => boolean,
): Registered | undefined {
  const reply = new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT);
  const words = new Int32Array(reply);
  const [commits, opener] = targets.map((target) => {
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
  while (Atomics.wait(words, OUTCOME, WAITING, SLICE_MS) === 'timed-out' && isWorthwhile());
  // An answer that comes later finds nobody, and is taken back by whoever gave it.
  const outcome = Atomics.compareExchange(words, OUTCOME, WAITING, GIVEN_UP);
  if (outcome === CLAIMED) return { slot: words[SLOT]!, commits: commits!, commitThread: targets[0]!, leave };
  leave();
  if (outcome === WAITING) return undefined;
  throw new CodedError('STORAGE_TOO_MANY_THREADS', 'expected a free thread slot of the store, found none');
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
    if (Atomics.compareExchange(words, OUTCOME, WAITING, CLAIMED) === WAITING) watcher.onCome?.(slot, port);
    else watcher.slots.free(slot);
  } catch (error) {
    if (errorCode(error) !== 'STORAGE_TOO_MANY_THREADS') throw error;
    Atomics.compareExchange(words, OUTCOME, WAITING, REFUSED);
  }
  Atomics.notify(words, OUTCOME);
}

function isRegistration(value: unknown): value is Registration {
  return typeof value === 'object' && value !== null && 'htkv' in value && value.htkv === 'attach';
}
