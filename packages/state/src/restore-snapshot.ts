/**
 * A portable snapshot read back: its records go to a sink one after the other, as soon as their block has checked
 * out. The snapshot is known to be whole only at its end, so a sink keeps what it got apart until `finish`.
 */

import { ArgumentTypeError } from '@htkv/base';

import type { Entry, Tombstone } from './entry.ts';
import { SnapshotDecoder } from './snapshot-decoder.ts';
import type { SnapshotPosition, SnapshotSummary } from './snapshot-frame.ts';

/** The bytes of a snapshot in pieces of any size, such as a stream of Node or of the web hands out. */
export type SnapshotChunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Where a restored state goes. A promise that a call returns is awaited before the next call. */
export interface SnapshotSink {
  /** The header has been read; comes first, as soon as that is so. */
  begin?(position: SnapshotPosition): void | Promise<void>;
  /** A record, ascending by key. Both arrays belong to the sink. */
  put(key: Uint8Array, record: Entry | Tombstone): void | Promise<void>;
  /** The snapshot was whole; comes last. Without this call, what was put is not the state. */
  finish?(summary: SnapshotSummary): void | Promise<void>;
}

/**
 * Reads a snapshot into `sink` and resolves with what was in it. A sink that only counts checks a snapshot without
 * restoring it.
 *
 * @throws CodedError `STATE_MALFORMED_SNAPSHOT` for bytes that are no whole snapshot, `STATE_SNAPSHOT_UNSUPPORTED` for
 *   one of a newer format; TypeError (`VALIDATION_TYPE`) for a chunk that is no `Uint8Array`; what `chunks` and the
 *   sink throw is passed on
 */
export async function restoreSnapshot(chunks: SnapshotChunks, sink: SnapshotSink): Promise<SnapshotSummary> {
  const decoder = new SnapshotDecoder();
  let hasBegun = false;
  for await (const chunk of chunks) {
    if (!(chunk instanceof Uint8Array)) {
      throw new ArgumentTypeError(`expected each chunk to be a Uint8Array, got ${typeof chunk}`);
    }
    for (const [key, record] of decoder.push(chunk)) {
      if (!hasBegun) {
        hasBegun = true;
        await sink.begin?.(decoder.position!);
      }
      const pending = sink.put(key, record);
      if (pending !== undefined) await pending;
    }
    if (!hasBegun && decoder.position !== undefined) {
      hasBegun = true;
      await sink.begin?.(decoder.position);
    }
  }
  const summary = decoder.finish();
  await sink.finish?.(summary);
  return summary;
}
