/**
 * The smallest store there is: a `KvState`, commands stamped in the order of their submission, nothing durable.
 */

import type {
  ApplyOutcome,
  BatchCommand,
  Command,
  SingleCommand,
  SnapshotChunks,
  SnapshotSummary,
  StateView,
} from '@htkv/state';
import {
  checkCommand,
  KvState,
  restoreSnapshot,
  serializeSnapshot,
  stampCommand,
  VersionCounter,
} from '@htkv/state';

import type { CommandSubmitter, SubmitBatchOptions, SubmitOptions } from '../src/command-submitter.ts';
import type { SnapshotProvider, SnapshotStream } from '../src/snapshot-provider.ts';

export class KvStore implements CommandSubmitter, SnapshotProvider {
  readonly calls: { readonly command: Command; readonly options: SubmitOptions | undefined }[] = [];
  readonly #state = new KvState();
  readonly #counter = new VersionCounter();
  #sequence = 0;

  submit(command: SingleCommand, options?: SubmitOptions): Promise<ApplyOutcome>;
  submit(command: BatchCommand, options?: SubmitOptions): Promise<readonly ApplyOutcome[]>;
  submit(command: Command, options?: SubmitOptions): Promise<ApplyOutcome | readonly ApplyOutcome[]>;
  async submit(command: Command, options?: SubmitOptions): Promise<ApplyOutcome | readonly ApplyOutcome[]> {
    checkCommand(command);
    this.calls.push({ command, options });
    this.#sequence += 1;
    const source = { counter: this.#counter, heads: this.#state, timestamp: this.#sequence };
    return this.#state.apply(stampCommand(command, source));
  }

  submitBatch(
    commands: readonly SingleCommand[],
    options: SubmitBatchOptions = {},
  ): Promise<readonly ApplyOutcome[]> {
    const { atomic, durability } = options;
    return this.submit({ type: 'batch', commands, atomic }, { durability });
  }

  snapshotState(): StateView {
    return KvState.from(this.#state);
  }

  latestSequence(): number {
    return this.#sequence;
  }

  latestVersion(): number {
    return this.#state.latestVersion();
  }

  async takeSnapshot(): Promise<SnapshotStream> {
    const view = this.snapshotState();
    const position = { lastSequence: this.#sequence, latestVersion: this.latestVersion(), takenAt: 0 };
    return {
      position,
      async *[Symbol.asyncIterator]() {
        yield* serializeSnapshot(view, position);
      },
      [Symbol.dispose]: () => undefined,
    };
  }

  async installSnapshot(chunks: SnapshotChunks): Promise<SnapshotSummary> {
    const summary = await restoreSnapshot(chunks, {
      put: (key, record) => this.#state.insertSnapshot(key, record),
    });
    this.#sequence = summary.lastSequence;
    this.#counter.observe(summary.latestVersion);
    return summary;
  }
}
