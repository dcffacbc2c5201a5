/**
 * Portable snapshots of an engine: one comes out as a stream, and an engine that was never written to is filled from
 * one.
 */
import type { SnapshotStream } from '@htkv/replication';
import {
  ArgumentTypeError,
  restoreSnapshot,
  serializeSnapshot,
  type Entry,
  type KvState,
  type SnapshotChunks,
  type SnapshotPosition,
  type SnapshotSummary,
  type Tombstone,
} from '@htkv/state';
import type { LogStore, RecordWrite } from '@htkv/storage';

import type { Clock } from './clock.ts';
import { copyState } from './copy-state.ts';
import type { Environment } from './environment.ts';
import { applyFailure, snapshotDisposed } from './failure.ts';
import { viewNow, type SnapshotView } from './snapshot-view.ts';

/** Bytes of records that are applied before the event loop runs and they are handed to the system. */
const BYTES_PER_STEP = 1024 * 1024;

/** What a record takes in memory beside key and value, about. */
const RECORD_BYTES = 64;

export class PortableSnapshots {
  readonly #store: LogStore;
  readonly #clock: Clock;
  readonly #soon: Environment['soon'];
  readonly #requireOpen: () => void;

  /** `soon` lets the event loop run between two steps of what takes long; `requireOpen` throws once it is too late. */
  constructor(store: LogStore, clock: Clock, soon: Environment['soon'], requireOpen: () => void) {
    this.#requireOpen = requireOpen;
    this.#store = store;
    this.#clock = clock;
    this.#soon = soon;
  }

  /** The state of this moment, copied. O(store). Throws what reading throws, and `STORAGE_BUSY`. */
  copy(): KvState {
    return copyState(this.#store, this.#clock.now());
  }

  /**
   * A snapshot of this moment, when all of it is durable, which `whenDurable` says of a place in the commit order. O(1).
   * Rejects with `STORAGE_BUSY`, and as `whenDurable` does.
   */
  async take(whenDurable: (sequence: number) => Promise<void>): Promise<SnapshotStream> {
    const requireOpen = this.#requireOpen;
    const view = viewNow(this.#store, this.#clock.now(), requireOpen);
    try {
      await whenDurable(view.position.lastSequence);
    } catch (error) {
      view.release();
      throw error;
    }
    return new EngineSnapshot(view, this.#soon, requireOpen);
  }

  /**
   * Fills the store, to which nothing was ever written. Rejects with a `TypeError` for anything that is no iterable,
   * with `STORAGE_NOT_EMPTY`, `STATE_MALFORMED_SNAPSHOT`, `STATE_SNAPSHOT_UNSUPPORTED`, what writing throws, and what
   * `chunks` throws. What has begun by then leaves the store incomplete.
   */
  async install(chunks: SnapshotChunks): Promise<SnapshotSummary> {
    requireIterable(chunks);
    const { filling } = this.#store;
    let openBytes = 0;
    try {
      return await restoreSnapshot(chunks, {
        begin: () => filling.begin(),
        put: (key, record) => {
          filling.apply([writeOf(key, record)]);
          openBytes += RECORD_BYTES + key.length + ('deleted' in record ? 0 : record.value.length);
          if (openBytes < BYTES_PER_STEP) return undefined;
          openBytes = 0;
          filling.write();
          return turnOf(this.#soon);
        },
        finish: ({ lastSequence, latestVersion, takenAt }) => {
          filling.finish({ lastSequence, highestVersion: latestVersion, time: takenAt });
        },
      });
    } catch (error) {
      throw error instanceof Error ? applyFailure(error, this.#store.poison !== undefined) : error;
    }
  }
}

class EngineSnapshot implements SnapshotStream {
  readonly position: SnapshotPosition;
  readonly #soon: Environment['soon'];
  readonly #requireOpen: () => void;
  #view: SnapshotView | undefined;

  /** `view` belongs to the snapshot from now on. */
  constructor(view: SnapshotView, soon: Environment['soon'], requireOpen: () => void) {
    this.#requireOpen = requireOpen;
    this.position = view.position;
    this.#view = view;
    this.#soon = soon;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (const chunk of serializeSnapshot(this.#held(), this.position)) {
      yield chunk;
      await turnOf(this.#soon);
      this.#held();
    }
  }

  [Symbol.dispose](): void {
    this.#view?.release();
    this.#view = undefined;
  }

  #held(): SnapshotView {
    this.#requireOpen();
    if (this.#view !== undefined) return this.#view;
    throw snapshotDisposed();
  }
}

function writeOf(key: Uint8Array, record: Entry | Tombstone): RecordWrite {
  const { version, timestamp } = record;
  if ('deleted' in record) return { type: 'delete', key, version, timestamp };
  return { type: 'set', key, value: record.value, version, timestamp, expiresAt: record.expiresAt };
}

function requireIterable(chunks: unknown): void {
  const isIterable =
    typeof chunks === 'object' &&
    chunks !== null &&
    (Symbol.asyncIterator in chunks || Symbol.iterator in chunks);
  if (isIterable && !(chunks instanceof Uint8Array)) return;
  throw new ArgumentTypeError(
    `expected a snapshot to be an iterable of Uint8Array, got ${chunks instanceof Uint8Array ? 'one of them' : typeof chunks}`,
  );
}

function turnOf(soon: Environment['soon']): Promise<void> {
  return new Promise((resolve) => soon(resolve));
}
