/**
 * Snapshots for tests: written whole, read from pieces, and mended after a change as somebody would who knows the
 * format and wants to get past the checksums.
 */

import { utf8 } from '@htkv/base';

import { KvState } from '../src/kv-state.ts';
import { restoreSnapshot, type SnapshotChunks } from '../src/restore-snapshot.ts';
import { serializeSnapshot, type SnapshotSource } from '../src/serialize-snapshot.ts';
import { chainedChecksum, type SnapshotPosition, type SnapshotSummary } from '../src/snapshot-frame.ts';
import { crc32 } from '@htkv/base';

/** All bytes of the snapshot of `view`. */
export function snapshotBytes(view: SnapshotSource, position?: Partial<SnapshotPosition>): Uint8Array {
  return joined([...serializeSnapshot(view, position)]);
}

export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/** `bytes` cut at every one of `cuts`, which may be any numbers. */
export function pieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = cuts.map((cut) => cut % (bytes.length + 1)).sort((left, right) => left - right);
  const chunks: Uint8Array[] = [];
  let start = 0;
  for (const end of [...places, bytes.length]) {
    chunks.push(bytes.subarray(start, end));
    start = end;
  }
  return chunks;
}

export interface Restored {
  readonly state: KvState;
  readonly summary: SnapshotSummary;
}

/** The state in memory that a snapshot is restored to. */
export async function restored(chunks: SnapshotChunks): Promise<Restored> {
  const state = new KvState();
  const summary = await restoreSnapshot(chunks, {
    put: (key, record) => state.insertSnapshot(key, record),
  });
  return { state, summary };
}

/** A state with every kind of record, and what a reader could stumble over. */
export function smallState(): KvState {
  const state = new KvState();
  state.insertSnapshot(utf8('greeting'), { value: utf8('hello'), version: 3, timestamp: 1_700_000_000_000 });
  state.insertSnapshot(utf8('session'), { value: utf8('x'), version: 4, timestamp: 7, expiresAt: 9 });
  state.insertSnapshot(utf8('gone'), { deleted: true, version: 5, timestamp: 8 });
  state.insertSnapshot(utf8(''), { value: utf8(''), version: 1, timestamp: 0, expiresAt: 0 });
  return state;
}

/** Makes all checksums right again, as far as the structures can still be told apart. */
export function mend(bytes: Uint8Array): Uint8Array {
  const mended = bytes.slice();
  const view = new DataView(mended.buffer);
  if (mended.length < 48) return mended;
  let chain = crc32(mended.subarray(0, 44));
  view.setUint32(44, chain, true);
  for (let at = 48; at + 8 <= mended.length;) {
    const payloadBytes = view.getUint32(at, true);
    const length = payloadBytes === 0 ? 40 : 8 + payloadBytes;
    if (at + length > mended.length) break;
    chain = chainedChecksum(mended.subarray(at, at + length), length, chain);
    view.setUint32(at + 4, chain, true);
    at += length;
  }
  return mended;
}
