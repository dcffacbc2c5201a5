/**
 * The commit thread as seen by a thread that did not start it: jobs are posted in shared memory as ever, and a message
 * on this thread's own port tells that one has ended.
 */
import type { MessagePort } from 'node:worker_threads';

import type { Registered } from '../session/registration.ts';
import type { ThreadSlots } from '../session/thread-slots.ts';
import type { CommitJobCell } from './commit-job.ts';
import type { CommitRunner } from './commit-runner.ts';

export class AttachedRunner implements CommitRunner {
  readonly #cell: CommitJobCell;
  readonly #slots: ThreadSlots;
  readonly #slot: number;
  readonly #port: MessagePort;
  readonly #thread: number;
  #isLost = false;
  #hasLeft = false;

  /** `onDone` is called when a job has ended that this thread waited for, and when nobody does jobs any more. */
  constructor(
    parts: { readonly cell: CommitJobCell; readonly slots: ThreadSlots },
    registered: Pick<Registered, 'slot' | 'commits' | 'commitThread'>,
    onDone: () => void,
  ) {
    const { cell, slots } = parts;
    const { slot, commits: port } = registered;
    this.#cell = cell;
    this.#slots = slots;
    this.#slot = slot;
    this.#port = port;
    port.on('message', onDone);
    port.on('close', () => {
      // Who leaves closes its own end, and the commit thread goes on for the others.
      if (this.#hasLeft) return;
      this.#lose();
      // A job that was begun when another thread had taken the lost one's place: of its end nobody would tell.
      if (slots.isWaiting(slot)) cell.waitOrLose();
      onDone();
    });
    port.unref();
    this.#thread = registered.commitThread;
  }

  /** A thread that takes the place of the one this thread knew does not know this thread. */
  get isUp(): boolean {
    return !this.#isLost && this.#cell.hasRunner;
  }

  begin(): void {
    this.#slots.setWaiting(this.#slot, true);
    this.#port.ref();
  }

  rest(): void {
    this.#slots.setWaiting(this.#slot, false);
    this.#port.unref();
  }

  wait(): void {
    this.#cell.waitOrLose();
  }

  poll(): void {
    // Whoever enters the store looks for results.
  }

  close(): void {
    this.#hasLeft = true;
    this.#port.unref();
  }

  /** The commit thread is gone: its job is lost, and commits are made where they are asked for. */
  #lose(): void {
    this.#isLost = true;
    if (this.#cell.runnerThread !== this.#thread) return;
    this.#cell.hasRunner = false;
    this.#cell.lose();
  }
}
