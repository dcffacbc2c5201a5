/**
 * What keeps the store of an engine small, quick to open and whole, beside what its users do: compaction, the sweep over what
 * has expired, checkpoints, the check of its files, what was in memory before it was closed, and what is done when the
 * device is full.
 */
import type { StampedCommand } from '@htkv/state';
import type { LogStore } from '@htkv/storage';

import { Checkpointer } from './checkpointer.ts';
import { commandTime } from './command-time.ts';
import type { Committer } from './committer.ts';
import { CompactionSchedule, intervalOf } from './compaction-schedule.ts';
import type { Clock } from './clock.ts';
import type { Environment } from './environment.ts';
import { ExpirySweeper } from './expiry-sweeper.ts';
import { Scrubber } from './scrubber.ts';
import { SpaceWatch } from './space-watch.ts';
import type { CheckedConfig } from './store-config.ts';
import { Warming } from './warming.ts';

export class Upkeep {
  readonly checkpointer: Checkpointer;
  readonly compaction: CompactionSchedule;
  readonly scrubber: Scrubber;
  readonly space: SpaceWatch;
  readonly sweeper: ExpirySweeper;
  readonly #warming: Warming;
  readonly #isReadOnly: boolean;
  /** Whether deletions are as old as commands say, and not as the clock does. */
  readonly #followsCommands: boolean;

  constructor(
    store: LogStore,
    committer: Committer,
    clock: Clock,
    environment: Environment,
    config: CheckedConfig,
  ) {
    this.#isReadOnly = config.readOnly;
    this.#followsCommands = config.tombstoneGraceBy === 'commands';
    if (this.#followsCommands) store.compactor.noteCommandTime(0);
    this.#warming = new Warming(store, environment);
    this.scrubber = new Scrubber(store, environment, config);
    this.sweeper = new ExpirySweeper(store, committer, clock, environment, config);
    this.checkpointer = new Checkpointer(store, committer, environment);
    const onRemoved = (): void => {
      if (config.emitSnapshotAfterCompaction) this.checkpointer.takeQuietly();
    };
    this.compaction = new CompactionSchedule(store, environment, committer, intervalOf(config, store), {
      onRemoved,
      mustWait: () => this.checkpointer.isDisturbed,
    });
    this.space = new SpaceWatch(store, environment, this.compaction);
    committer.onFailure = () => this.space.afterFailure();
  }

  /** For the thread that has opened the store. */
  start(): void {
    this.#warming.start();
    if (this.#isReadOnly) return;
    this.scrubber.start();
    this.space.start();
    this.sweeper.start();
  }

  /** To be called with each command, in its turn. */
  beforeCommand(command: StampedCommand): void {
    if (this.#followsCommands) this.compaction.noteCommandTime(commandTime(command));
  }

  /** To be called after each write. */
  afterWrite(isBatch: boolean): void {
    if (isBatch) this.compaction.afterBatch();
    this.checkpointer.afterWrite();
    this.space.afterWrite();
  }

  /** Gives up what has not come to its end; the store is about to be closed. */
  pause(): void {
    this.checkpointer.close();
  }

  close(): void {
    this.space.close();
    this.compaction.close();
    this.sweeper.close();
    this.scrubber.close();
    this.#warming.close();
  }
}
