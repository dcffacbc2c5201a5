/**
 * Portable snapshots of an engine: one comes out as a stream, and an engine that was never written to is filled from
 * one. Whichever view the engine takes of its state can be serialised; what it must be is of one moment.
 */
import type { SnapshotStream } from '@htkv/replication';
import {
  ArgumentTypeError,
  CodedError,
  restoreSnapshot,
  serializeSnapshot,
  type Entry,
  type SnapshotChunks,
  type SnapshotPosition,
  type SnapshotSource,
  type SnapshotSummary,
  type Tombstone,
} from '@htkv/state';
import type { LogStore, RecordWrite } from '@htkv/storage';

import type { Clock } from './clock.ts';
import type { Environment } from './environment.ts';
import { applyFailure } from './failure.ts';

/** Bytes of records that are applied before the event loop runs and they are handed to the system. */
const BYTES_PER_STEP = 1024 * 1024;

/** What a record takes in memory beside key and value, about. */
const RECORD_BYTES = 64;

/** A view that a snapshot can be made of; one that holds something is told when it is not read any more. */
export type SnapshotView = SnapshotSource & Partial<Disposable>;

export class PortableSnapshots {
  readonly #store: LogStore;
  readonly #clock: Clock;
  readonly #soon: Environment['soon'];

  /** `soon` lets the event loop run between two steps of what takes long. */
  constructor(store: LogStore, clock: Clock, soon: Environment['soon']) {
    this.#store = store;
    this.#clock = clock;
    this.#soon = soon;
  }

  /** A snapshot of what `view` gives, which is the state at the moment of the call. Throws what `view` throws. */
  take(view: () => SnapshotView): SnapshotStream {
    return this.#store.exclusively(() => {
      const { lastSequence, highestVersion: latestVersion } = this.#store.stats();
      const position = { lastSequence, latestVersion, takenAt: this.#clock.now() };
      return new EngineSnapshot(view(), position, this.#soon);
    });
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
  #view: SnapshotView | undefined;

  /** `view` is the state at `position`, and belongs to the snapshot. */
  constructor(view: SnapshotView, position: SnapshotPosition, soon: Environment['soon']) {
    this.position = position;
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
    this.#view?.[Symbol.dispose]?.();
    this.#view = undefined;
  }

  #held(): SnapshotView {
    if (this.#view !== undefined) return this.#view;
    throw new CodedError(
      'ENGINE_SNAPSHOT_DISPOSED',
      'the snapshot was disposed of and holds nothing any more',
    );
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
