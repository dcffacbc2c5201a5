/**
 * Proves that the layers below suffice: with nothing but `@htkv/state` and `@htkv/replication`, a log of encoded
 * commands keeps any number of replicas equal, whenever they apply it, and users of a handle cannot tell such a log
 * from a single store.
 */

import type {
  CommandSubmitter,
  ReplicationHandle,
  SubmitBatchOptions,
  SubmitOptions,
} from '@htkv/replication';
import { LocalReplication } from '@htkv/replication';
import type { ApplyOutcome, BatchCommand, Command, SingleCommand, StateView } from '@htkv/state';
import {
  checkCommand,
  decodeCommand,
  digestState,
  encodeCommand,
  isStamped,
  KvState,
  stampCommand,
  utf8,
  VersionCounter,
} from '@htkv/state';
import { expect, test } from 'vitest';

import { KvStore } from '../kv-store.ts';

type Outcomes = ApplyOutcome | readonly ApplyOutcome[];

/** A state that applies a log from some place on. */
class Replica {
  readonly state: KvState;
  readonly outcomes: Outcomes[] = [];
  #position: number;

  constructor(state = new KvState(), position = 0) {
    this.state = state;
    this.#position = position;
  }

  applyUntil(log: readonly Uint8Array[], end: number): void {
    for (; this.#position < end; this.#position += 1) {
      const command = decodeCommand(log[this.#position]!);
      if (!isStamped(command)) throw new Error('expected stamped commands in a log');
      this.outcomes.push(this.state.apply(command));
    }
  }

  digest(): string {
    return digestState(this.state, { tombstones: true });
  }
}

/** Orders commands, keeps their bytes, and applies them to its own replica at once. */
class ReplicatedLog implements ReplicationHandle {
  readonly log: Uint8Array[] = [];
  readonly leader = new Replica();
  readonly #counter = new VersionCounter();

  submit(command: SingleCommand, options?: SubmitOptions): Promise<ApplyOutcome>;
  submit(command: BatchCommand, options?: SubmitOptions): Promise<readonly ApplyOutcome[]>;
  submit(command: Command, options?: SubmitOptions): Promise<Outcomes>;
  async submit(command: Command): Promise<Outcomes> {
    checkCommand(command);
    const source = { counter: this.#counter, heads: this.leader.state, timestamp: this.log.length + 1 };
    this.log.push(encodeCommand(stampCommand(command, source)));
    this.leader.applyUntil(this.log, this.log.length);
    return this.leader.outcomes.at(-1)!;
  }

  submitBatch(
    commands: readonly SingleCommand[],
    options: SubmitBatchOptions = {},
  ): Promise<readonly ApplyOutcome[]> {
    return this.submit({ type: 'batch', commands, atomic: options.atomic });
  }

  latestSnapshot(): StateView {
    return KvState.from(this.leader.state);
  }

  latestVersion(): number {
    return this.leader.state.latestVersion();
  }
}

/** A little history with everything in it: conditions, chosen versions, deadlines, deletes, both kinds of batch. */
async function live(submitter: CommandSubmitter): Promise<Outcomes[]> {
  const set = (key: string, value: string, extras: object = {}): SingleCommand => ({
    type: 'set',
    key: utf8(key),
    value: utf8(value),
    ...extras,
  });
  const remove = (key: string, extras: object = {}): SingleCommand => ({
    type: 'delete',
    key: utf8(key),
    ...extras,
  });
  return [
    await submitter.submit(set('a', '1', { ifAbsent: true })),
    await submitter.submit(set('a', '2', { ifAbsent: true })),
    await submitter.submit(set('a', '3', { version: 5_000, expiresAt: 6 })),
    await submitter.submit(set('a', '4', { version: 4_999 })),
    await submitter.submit(set('a', '5', { ifPresent: true })),
    await submitter.submit(remove('b', { version: 20 })),
    await submitter.submit(set('b', 'late', { version: 5 })),
    await submitter.submitBatch([
      set('b', '1'),
      remove('a'),
      set('a', '6'),
      remove('c', { ifPresent: true }),
    ]),
    await submitter.submitBatch([set('x', '1'), set('a', '7', { version: 1 })], { atomic: 'allOrNothing' }),
    await submitter.submit({ type: 'batch', commands: [set('d', '1'), remove('d', { ifVersion: 1 })] }),
    await submitter.submit(remove('b')),
  ];
}

const expectedOutcomes: Outcomes[] = [
  'applied',
  'conflict',
  'applied',
  'ignoredStale',
  'applied',
  'removed',
  'ignoredStale',
  ['applied', 'removed', 'applied', 'conflict'],
  ['applied', 'ignoredStale'],
  ['applied', 'conflict'],
  'removed',
];

test('a replica that applies the log decides and holds what the leader does, at every place', async () => {
  const replicated = new ReplicatedLog();
  expect(await live(replicated)).toEqual(expectedOutcomes);
  expect(replicated.log).toHaveLength(expectedOutcomes.length);

  const [slow, fast] = [new Replica(), new Replica()];
  fast.applyUntil(replicated.log, replicated.log.length);
  for (let end = 1; end <= replicated.log.length; end += 1) {
    slow.applyUntil(replicated.log, end);
    const fresh = new Replica();
    fresh.applyUntil(replicated.log, end);
    expect(slow.digest()).toBe(fresh.digest());
  }
  expect(slow.outcomes).toEqual(replicated.leader.outcomes);
  expect(slow.digest()).toBe(replicated.leader.digest());
  expect(fast.digest()).toBe(replicated.leader.digest());
});

test('a replica that starts from a snapshot ends where the others end', async () => {
  const replicated = new ReplicatedLog();
  await live(replicated);
  const late = new Replica(KvState.from(replicated.latestSnapshot()), replicated.log.length);
  await live(replicated);
  late.applyUntil(replicated.log, replicated.log.length);
  expect(late.digest()).toBe(replicated.leader.digest());
  expect(late.outcomes).toEqual(replicated.leader.outcomes.slice(expectedOutcomes.length));
});

test('users of a handle cannot tell a replicated log from a single store', async () => {
  const replicated: ReplicationHandle = new ReplicatedLog();
  const local: ReplicationHandle = new LocalReplication(new KvStore());
  expect(await live(local)).toEqual(await live(replicated));
  expect(local.latestVersion()).toBe(replicated.latestVersion());
  const options = { tombstones: true };
  expect(digestState(local.latestSnapshot(), options)).toBe(
    digestState(replicated.latestSnapshot(), options),
  );
});
