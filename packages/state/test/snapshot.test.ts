/**
 * Proves that a snapshot holds a whole state and nothing else: whatever the state, however the bytes are cut on their
 * way, what is restored is equal in every record, and the same state has the same bytes. Also that the checksum is
 * CRC-32, and that memory is bounded on both sides.
 */

import { errorCode, toHex, utf8 } from '@htkv/base';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { crc32 } from '@htkv/base';
import { digestState } from '../src/digest.ts';
import type { Entry, Tombstone } from '../src/entry.ts';
import { KvState } from '../src/kv-state.ts';
import { restoreSnapshot, type SnapshotSink } from '../src/restore-snapshot.ts';
import { serializeSnapshot } from '../src/serialize-snapshot.ts';
import { SEED, stampedCommand } from './arbitraries.ts';
import { joined, pieces, restored, smallState, snapshotBytes } from './snapshot-bytes.ts';

const VALUE_BYTES = 300_000;
const everything = { tombstones: true };

async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  return promise.then(() => undefined, errorCode);
}

describe('a state comes back', () => {
  test('whatever it holds, and however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(stampedCommand, { maxLength: 30 }),
        fc.array(fc.nat({ max: 5_000 }), { maxLength: 30 }),
        async (commands, cuts) => {
          const state = new KvState();
          for (const command of commands) state.apply(command);
          const bytes = snapshotBytes(state);
          const { state: copy, summary } = await restored(pieces(bytes, cuts));
          expect(digestState(copy, everything)).toBe(digestState(state, everything));
          expect([...copy.entries()]).toEqual([...state.entries()]);
          expect([...copy.tombstones()]).toEqual([...state.tombstones()]);
          expect(summary.entriesDigest).toBe(digestState(state));
          expect(summary.entries).toBe(state.size);
          expect(summary.latestVersion).toBe(state.latestVersion());
          expect(snapshotBytes(copy)).toEqual(bytes);
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });

  test('byte by byte, and from a source that is asynchronous', async () => {
    const bytes = snapshotBytes(smallState());
    async function* slowly(): AsyncGenerator<Uint8Array> {
      for (const byte of bytes) {
        await Promise.resolve();
        yield Uint8Array.of(byte);
      }
    }
    const { state } = await restored(slowly());
    expect(digestState(state, everything)).toBe(digestState(smallState(), everything));
  });

  test('with a value of many blocks, and keys as long as they can be', async () => {
    const state = new KvState();
    const value = Uint8Array.from({ length: VALUE_BYTES }, (_, index) => index % 251);
    const keys = [1, 2, 3].map((first) => new Uint8Array(65_535).fill(first));
    for (const key of keys) state.insertSnapshot(key, { value, version: 1, timestamp: 1 });
    const chunks = [...serializeSnapshot(state)];
    expect(Math.max(...chunks.map((chunk) => chunk.length))).toBe(8 + 65_536);
    const { state: copy } = await restored(chunks);
    expect(copy.size).toBe(3);
    expect(copy.get(keys[2]!)).toEqual(value);
  });

  test('with its position, which the view does not know', async () => {
    const position = { lastSequence: 12, latestVersion: 99, takenAt: 1_700_000_000_000 };
    const bytes = snapshotBytes(smallState(), position);
    const { summary } = await restored([bytes]);
    expect(summary).toMatchObject({ ...position, entries: 3, tombstones: 1 });
    const written = serializeSnapshot(smallState(), position);
    let step = written.next();
    while (step.done !== true) step = written.next();
    expect(step.value).toEqual(summary);
  });

  test('an empty one, with an empty chunk behind it', async () => {
    const bytes = snapshotBytes(new KvState());
    expect(bytes.length).toBe(48 + 40);
    const { state, summary } = await restored([bytes, new Uint8Array(0)]);
    expect([state.size, summary.entries, summary.tombstones]).toEqual([0, 0, 0]);
  });
});

describe('the sink', () => {
  test('hears of the position first, waits where it wants to, and is told of the end last', async () => {
    const calls: string[] = [];
    const sink: SnapshotSink = {
      begin: async ({ lastSequence }) => {
        await Promise.resolve();
        calls.push(`begin ${lastSequence}`);
      },
      put: async (key) => {
        calls.push(`put ${key.length}`);
        await Promise.resolve();
        calls.push('done');
      },
      finish: ({ entries }) => void calls.push(`finish ${entries}`),
    };
    await restoreSnapshot([snapshotBytes(smallState(), { lastSequence: 4 })], sink);
    const puts = [0, 4, 8, 7].flatMap((length) => [`put ${length}`, 'done']);
    expect(calls).toEqual(['begin 4', ...puts, 'finish 3']);
  });

  test('owns what it is given', async () => {
    const keys: Uint8Array[] = [];
    const records: (Entry | Tombstone)[] = [];
    const bytes = snapshotBytes(smallState());
    await restoreSnapshot([bytes], {
      put: (key, record) => {
        keys.push(key.slice());
        records.push(record);
        key.fill(0xff);
      },
    });
    bytes.fill(0);
    expect(keys.map((key) => toHex(key))).toEqual(
      ['', 'gone', 'greeting', 'session'].map((key) => toHex(utf8(key))),
    );
    expect((records[2] as Entry).value).toEqual(utf8('hello'));
  });

  test('is not told of an end that did not come, and its own failure is passed on', async () => {
    const bytes = snapshotBytes(smallState());
    let isFinished = false;
    const cut = restoreSnapshot([bytes.subarray(0, -1)], {
      put: () => undefined,
      finish: () => {
        isFinished = true;
      },
    });
    expect(await codeOf(cut)).toBe('STATE_MALFORMED_SNAPSHOT');
    expect(isFinished).toBe(false);
    const failure = new Error('full');
    const failed = restoreSnapshot([bytes], { put: () => Promise.reject(failure) });
    await expect(failed).rejects.toBe(failure);
  });

  test('a chunk that is no bytes is a mistake of the caller', async () => {
    const chunks = ['text'] as unknown as Uint8Array[];
    expect(await codeOf(restored(chunks))).toBe('VALIDATION_TYPE');
  });
});

test('a record that is newer than the latest version is not written', () => {
  expect(() => snapshotBytes(smallState(), { latestVersion: 4 })).toThrow(RangeError);
});

test('the checksum is CRC-32', () => {
  expect(crc32(utf8('123456789'))).toBe(0xcbf4_3926);
  expect(crc32(utf8('56789'), crc32(utf8('1234')))).toBe(0xcbf4_3926);
  expect(crc32(new Uint8Array(0), 7)).toBe(7);
});

test('a large state takes little memory on its way', async () => {
  // A view that makes its records up, so that the state itself is nowhere.
  const count = 2_000;
  const value = new Uint8Array(VALUE_BYTES / 10).fill(7);
  function* entries(): Generator<[Uint8Array, Entry]> {
    for (let index = 0; index < count; index += 1) {
      yield [utf8(String(index).padStart(6, '0')), { value, version: index + 1, timestamp: index }];
    }
  }
  const source = { entries, tombstones: () => [], latestVersion: () => count };
  let inFlight = 0;
  let most = 0;
  let total = 0;
  function* counted(): Generator<Uint8Array> {
    for (const chunk of serializeSnapshot(source)) {
      inFlight += chunk.length;
      total += chunk.length;
      most = Math.max(most, inFlight);
      yield chunk;
    }
  }
  const { entries: restoredEntries } = await restoreSnapshot(counted(), {
    put: (key, record) => {
      inFlight -= 32 + key.length + (record as Entry).value.length;
    },
  });
  expect(restoredEntries).toBe(count);
  expect(total).toBeGreaterThan(60_000_000);
  // What was written and not yet handed on, framing of all blocks included.
  expect(most).toBeLessThan(65_544 + 30_000 + 8 * Math.ceil(total / 65_536) + 48);
});

test('the bytes are those of the state, not of its history', () => {
  const [one, other] = [new KvState(), new KvState()];
  const set = { type: 'set', key: utf8('k'), value: utf8('v'), version: 9, timestamp: 5 } as const;
  one.apply({ ...set, version: 8 });
  one.apply(set);
  other.apply(set);
  expect(joined([...serializeSnapshot(one)])).toEqual(joined([...serializeSnapshot(other)]));
});
