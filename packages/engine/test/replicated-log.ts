/**
 * A replicated log as a package above would build it: it imports the commands and the seam, and nothing of an engine.
 * It completes each command once, keeps it as bytes, and has every store apply the bytes in the same order.
 */

import type {
  CommandSubmitter,
  SnapshotProvider,
  SubmitBatchOptions,
  SubmitOptions,
} from '@htkv/replication';
import type { ReplicationHandle } from '@htkv/replication';
import {
  checkCommand,
  decodeCommand,
  encodeCommand,
  KvState,
  MemoryEntries,
  stampCommand,
  VersionCounter,
  type ApplyOutcome,
  type BatchCommand,
  type Command,
  type SingleCommand,
  type StateMachineOptions,
  type StateView,
} from '@htkv/state';

type Store = CommandSubmitter & SnapshotProvider;
type Outcomes = ApplyOutcome | readonly ApplyOutcome[];

export class ReplicatedLog implements ReplicationHandle {
  readonly entries: Uint8Array[] = [];
  readonly #stores: Store[];
  /** What the log has decided so far; stamping looks at it. */
  readonly #state: KvState;
  /** What the log's clock says of the command that comes next. */
  now = 1_000;
  readonly #counter = new VersionCounter();
  #last: Promise<unknown> = Promise.resolve();

  /** `stores` are empty, written by this log alone, and forget deletions after `graceMs` of its time; never unless given. */
  constructor(stores: readonly Store[], options: StateMachineOptions = {}) {
    this.#stores = [...stores];
    this.#state = new KvState(new MemoryEntries(), options);
  }

  /** Brings in a store that is empty: filled from a snapshot of the first, and part of every later command. */
  async join(store: Store): Promise<void> {
    const joined = this.#last.then(() => this.#fill(store));
    this.#last = joined;
    await joined;
  }

  async #fill(store: Store): Promise<void> {
    const snapshot = await this.#stores[0]!.takeSnapshot();
    await store.installSnapshot(snapshot);
    snapshot[Symbol.dispose]();
    this.#stores.push(store);
  }

  submit(command: SingleCommand, options?: SubmitOptions): Promise<ApplyOutcome>;
  submit(command: BatchCommand, options?: SubmitOptions): Promise<readonly ApplyOutcome[]>;
  submit(command: Command, options?: SubmitOptions): Promise<Outcomes>;
  async submit(command: Command, options?: SubmitOptions): Promise<Outcomes> {
    checkCommand(command);
    const timestamp = this.now;
    this.now += 1;
    const stamped = stampCommand(command, { counter: this.#counter, heads: this.#state, timestamp });
    const entry = encodeCommand(stamped);
    this.entries.push(entry);
    const expected = this.#state.apply(stamped);
    const applied = this.#last.then(() =>
      Promise.all(this.#stores.map((store) => apply(store, entry, options))),
    );
    this.#last = applied;
    for (const outcomes of await applied) {
      if (JSON.stringify(outcomes) === JSON.stringify(expected)) continue;
      throw new Error(`expected each store to decide ${String(expected)}, got ${String(outcomes)}`);
    }
    return expected;
  }

  submitBatch(
    commands: readonly SingleCommand[],
    options: SubmitBatchOptions = {},
  ): Promise<readonly ApplyOutcome[]> {
    const { atomic, durability } = options;
    return this.submit({ type: 'batch', commands, atomic }, { durability });
  }

  latestSnapshot(): StateView {
    return this.#stores[0]!.snapshotState();
  }

  latestVersion(): number {
    return this.#stores[0]!.latestVersion();
  }
}

/** Brings a store up to date with a log, from its first entry on. */
export async function replay(entries: readonly Uint8Array[], store: CommandSubmitter): Promise<void> {
  for (const entry of entries) await apply(store, entry, undefined);
}

function apply(
  store: CommandSubmitter,
  entry: Uint8Array,
  options: SubmitOptions | undefined,
): Promise<Outcomes> {
  return store.submit(decodeCommand(entry), options);
}
