/**
 * Proves by random commands that the state does what a naive model does, that the same commands give the same state
 * everywhere, that evaluating changes nothing and foretells exactly what applying does, and that writes without
 * conditions arrive at the same state in whatever order they come.
 */

import { toHex } from '@htkv/base';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { decodeCommand, encodeCommand } from '../src/command-codec.ts';
import { isStamped } from '../src/command.ts';
import { digestState } from '../src/digest.ts';
import { BEFORE_EVERY_DEADLINE } from '../src/entry.ts';
import { KvState } from '../src/kv-state.ts';
import { MemoryEntries } from '../src/memory-entries.ts';
import type { Mutation } from '../src/state-port.ts';
import { SEED, stampedCommand, unconditionalWrites } from './arbitraries.ts';
import { NaiveState } from './naive-state.ts';

const commands = fc.array(stampedCommand, { maxLength: 25 });
const parameters = { seed: SEED, numRuns: 1000 };

/** Counts commits, to hold the machine to one per command. */
class CountingEntries extends MemoryEntries {
  count = 0;

  override commit(mutations: readonly Mutation[]): void {
    if (mutations.length === 0) throw new Error('expected no commit without mutations');
    this.count += 1;
    super.commit(mutations);
  }
}

function fullDigest(state: KvState): string {
  return digestState(state, { tombstones: true });
}

function recordsOf(state: KvState, now: number): unknown[] {
  const entries = [...state.entries(now)].map(([key, { value, version, timestamp, expiresAt }]) => {
    return { key: toHex(key), value: toHex(value), version, timestamp, expiresAt };
  });
  const tombstones = [...state.tombstones()].map(([key, { version, timestamp }]) => {
    return { key: toHex(key), value: undefined, version, timestamp, expiresAt: undefined };
  });
  return [...entries, ...tombstones];
}

test('outcomes and records are those of a naive model', () => {
  fc.assert(
    fc.property(commands, fc.integer({ min: 0, max: 20 }), (sequence, now) => {
      const store = new CountingEntries();
      const state = new KvState(store);
      const naive = new NaiveState();
      for (const command of sequence) {
        const before = naive.records;
        const commits = store.count;
        expect([state.apply(command)].flat()).toEqual(naive.apply(command));
        expect(store.count - commits).toBe(naive.records === before ? 0 : 1);
      }
      const byKey = naive.records.toSorted((left, right) => (left.key < right.key ? -1 : 1));
      const living = byKey.filter((record) => record.value !== undefined);
      const deleted = byKey.filter((record) => record.value === undefined);
      const visible = living.filter((record) => record.expiresAt === undefined || now < record.expiresAt);
      expect(recordsOf(state, BEFORE_EVERY_DEADLINE)).toEqual([...living, ...deleted]);
      expect(recordsOf(state, now)).toEqual([...visible, ...deleted]);
      expect(state.size).toBe(living.length);
      expect(state.latestVersion()).toBe(Math.max(0, ...naive.records.map((record) => record.version)));
    }),
    parameters,
  );
});

test('evaluating changes nothing and foretells outcomes and records', () => {
  fc.assert(
    fc.property(commands, (sequence) => {
      const state = new KvState();
      const follower = new MemoryEntries();
      for (const command of sequence) {
        const before = fullDigest(state);
        const evaluation = state.evaluate(command);
        expect(fullDigest(state)).toBe(before);
        const foretold = 'outcomes' in evaluation ? evaluation.outcomes : evaluation.outcome;
        expect(state.apply(command)).toEqual(foretold);
        if (evaluation.mutations.length > 0) follower.commit(evaluation.mutations);
        expect(fullDigest(new KvState(follower))).toBe(fullDigest(state));
      }
    }),
    { ...parameters, numRuns: 300 },
  );
});

test('the same commands, sent as bytes, give the same outcomes and the same state', () => {
  fc.assert(
    fc.property(commands, (sequence) => {
      const origin = new KvState();
      const replica = new KvState();
      for (const command of sequence) {
        const received = decodeCommand(encodeCommand(command));
        if (!isStamped(received)) throw new Error('expected the stamp to survive');
        expect(replica.apply(received)).toEqual(origin.apply(command));
      }
      expect(fullDigest(replica)).toBe(fullDigest(origin));
      expect(fullDigest(KvState.from(origin))).toBe(fullDigest(origin));
    }),
    parameters,
  );
});

test('writes without conditions and with versions of their own arrive at one state in any order', () => {
  const orders = unconditionalWrites.chain((writes) =>
    fc.tuple(fc.constant(writes), fc.shuffledSubarray(writes, { minLength: writes.length })),
  );
  fc.assert(
    fc.property(orders, ([writes, shuffled]) => {
      const first = new KvState();
      const second = new KvState();
      for (const write of writes) first.apply(write);
      for (const write of shuffled) second.apply(write);
      expect(fullDigest(second)).toBe(fullDigest(first));
    }),
    parameters,
  );
});
