/**
 * Joining a store that the main thread of this process has opened: the same memory, files of this thread's own.
 */
import { isMainThread } from 'node:worker_threads';

import { assembleParts, type ThreadSurroundings } from './assemble-parts.ts';
import { Field } from './control/store-fields.ts';
import { notShared, storeEnded } from './failure.ts';
import { systemThread } from './fs/node-system-thread.ts';
import { AttachedRunner } from './io/attached-runner.ts';
import type { CommitJobCell } from './io/commit-job.ts';
import { LogStore } from './log-store.ts';
import { registerThread } from './session/registration.ts';
import type { StoreHandle } from './store-options.ts';

/** A commit thread that is being started is waited for this long. */
const START_PATIENCE_MS = 10_000;
const MAIN_THREAD = 0;

/**
 * Joins a store, in a worker thread; the main thread's event loop has to run meanwhile. Throws `STORAGE_NOT_SHARED`,
 * `STORAGE_TOO_MANY_THREADS` or `STORAGE_ENDED`.
 */
export function attachStore(handle: StoreHandle, surroundings: ThreadSurroundings): LogStore {
  if (isMainThread) throw notShared('expected a worker thread to join it');
  const parts = assembleParts(handle.identity, handle.memory, surroundings, []);
  if (parts.control.block.peek(Field.isClosed) === 1) throw storeEnded();
  const registered = registerThread(
    handle.identity.name,
    () => commitThread(parts.cell),
    (thread) => parts.cell.hasRunner && parts.cell.runnerThread === thread,
    MAIN_THREAD,
  );
  const { slot } = registered;
  parts.slots.noteSystemThread(slot, systemThread());
  return new LogStore({
    ...parts,
    slot,
    leave: () => {
      parts.slots.free(slot);
      registered.leave();
    },
    lock: undefined,
    isReadOnly: false,
    report: handle.report,
    startCommitRunner: (onDone) => new AttachedRunner(parts, registered, onDone),
  });
}

/** Id of the thread that does commit jobs, once it is up. */
function commitThread(cell: CommitJobCell): number {
  if (cell.waitForRunner(START_PATIENCE_MS)) return cell.runnerThread;
  throw notShared(`expected its commit thread to be up within ${START_PATIENCE_MS} ms`);
}
