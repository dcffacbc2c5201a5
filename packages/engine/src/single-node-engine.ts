/**
 * The engine of one node: the deterministic state machine over a store in a directory. It orders commands itself;
 * what comes in through `submit` is stamped, decided and appended in one step, so the order of calls is the order
 * of commits.
 *
 * A write is visible when it is applied, which is before it is durable. Whoever must not act on a value that a crash
 * could take back awaits the write's promise, or `durable(sequence)`.
 */
import type { CommandSubmitter, SnapshotProvider, SnapshotStream } from '@htkv/replication';
import {
  ArgumentRangeError,
  BEFORE_EVERY_DEADLINE,
  checkTimestamp,
  isExpired,
  stampCommand,
  StateMachine,
  VersionCounter,
  type ApplyOutcome,
  type BatchCommand,
  type Command,
  type Entry,
  type SingleCommand,
  type SnapshotChunks,
  type SnapshotSummary,
  type StampedBatch,
  type StampedCommand,
  type StampedSingle,
  type StateView,
} from '@htkv/state';
import { type CompactionReport, type LogStore, type VerifyReport } from '@htkv/storage';

import { isBlindDelete, trimBatch } from './blind-delete.ts';
import type { Checkpoint } from './checkpointer.ts';
import { Clock } from './clock.ts';
import { Committer } from './committer.ts';
import { decidedGraceMs } from './command-time.ts';
import { checkHandle, HANDLE_KIND, type EngineHandle } from './engine-handle.ts';
import type { EngineStats } from './engine-stats.ts';
import { entryOf } from './entry-of.ts';
import { nodeEnvironment, type Environment } from './environment.ts';
import { applyFailure, engineClosed } from './failure.ts';
import { allKeyBytes } from './many-input.ts';
import { PortableSnapshots } from './portable-snapshots.ts';
import { attachEngineStore, openEngineStore } from './open-engine-store.ts';
import { checkTarget, keyBytes, type BytesLike } from './key-bytes.ts';
import type { KvEngine } from './kv-engine.ts';
import type { KvSnapshot } from './kv-reader.ts';
import { checkRange, type RangeOptions } from './range.ts';
import { EntryRangeReader } from './entry-range-reader.ts';
import type { RangeReader } from './range-reader.ts';
import { rangeSourceOf, type EntrySource } from './range-source.ts';
import { Snapshot, type SnapshotOwner } from './snapshot/snapshot.ts';
import { checkConfig, type CheckedConfig, type StoreConfig } from './store-config.ts';
import { StorePort } from './store-port.ts';
import { Upkeep } from './upkeep.ts';
import { runVerify, type VerifyOptions } from './verify.ts';
import type { CommitLog, Watch, WatchOptions } from './watch/change.ts';
import { ChangeFeeds } from './watch/change-feeds.ts';
import { WritingEngine } from './writing-engine.ts';

export class SingleNodeEngine extends WritingEngine implements KvEngine, CommandSubmitter, SnapshotProvider {
  readonly #config: CheckedConfig;
  readonly #store: LogStore;
  readonly #port: StorePort;
  readonly #machine: StateMachine;
  readonly #counter: VersionCounter;
  readonly #snapshots: PortableSnapshots;
  readonly #environment: Environment;
  readonly #source: EntrySource;
  readonly #upkeep: Upkeep;
  readonly #snapshotOwner: SnapshotOwner;
  readonly #feeds: ChangeFeeds;
  /** Whether a deadline has come. That it has is noted: it cannot be taken back. */
  readonly #hasCome: (expiresAt: number) => boolean;
  /** Whether other threads may have the store open. */
  #isShared = false;
  #isClosed = false;

  private constructor(config: CheckedConfig, store: LogStore, environment: Environment) {
    const clock = new Clock(environment.systemTime, () => store.clockHighWater);
    const committer = new Committer(store, environment, config.fsyncIntervalMs);
    super({ clock, committer, durability: config.durability });
    this.#config = config;
    this.#store = store;
    this.#port = new StorePort(store);
    this.#machine = new StateMachine(this.#port, { graceMs: decidedGraceMs(config) });
    this.#counter = new VersionCounter(store.progress.highestVersion);
    this.#snapshots = new PortableSnapshots(store, clock, environment.soon, () => this.#requireOpen());
    this.#upkeep = new Upkeep(store, committer, clock, environment, config);
    this.#environment = environment;
    this.#hasCome = (expiresAt) => {
      const now = this.writing.clock.now();
      if (!isExpired({ expiresAt }, now)) return false;
      store.noteTime(now);
      return true;
    };
    const requireOpen = (): void => this.#requireOpen();
    this.#source = rangeSourceOf(store, { requireOpen, hasCome: this.#hasCome });
    this.#snapshotOwner = {
      requireOpen,
      collectKeys: (range, reverse, limit) => store.collectKeys(range, reverse, limit),
      noteTime: (now) => store.noteTime(now),
    };
    const isOpen = (): boolean => !this.#isClosed && !store.hasEnded;
    this.#feeds = new ChangeFeeds(store.feed, environment, { requireOpen, isOpen });
  }

  /**
   * Opens the store in `config.dataDir`, and creates it unless told otherwise. Rejects with a `TypeError` or
   * `RangeError` for a wrong configuration, else with `STORAGE_LOCKED`, `STORAGE_NOT_FOUND`, `STORAGE_EXISTS`,
   * `STORAGE_FOREIGN_FILE`, `STORAGE_INCOMPLETE`, `STORAGE_CORRUPT`, `STORAGE_FORMAT_UNSUPPORTED`, `STORAGE_NO_SPACE`
   * or `STORAGE_IO`. `environment` is for tests and simulations. O(log).
   */
  static async open(config?: StoreConfig, environment?: Environment): Promise<SingleNodeEngine> {
    return SingleNodeEngine.openSync(config, environment);
  }

  /** As {@link open}, and throws where it rejects. */
  static openSync(config?: StoreConfig, environment: Environment = nodeEnvironment()): SingleNodeEngine {
    const checked = checkConfig(config);
    const engine = new SingleNodeEngine(checked, openEngineStore(checked, environment), environment);
    engine.#upkeep.start();
    return engine;
  }

  /**
   * Joins, in a worker thread, the engine that {@link share} gave `handle` of: the same store, with everything that
   * the interface promises, and without messages. The main thread's event loop has to run meanwhile. Throws a
   * `TypeError` for anything else than a handle, and `STORAGE_NOT_SHARED`, `STORAGE_TOO_MANY_THREADS` or
   * `STORAGE_ENDED`.
   */
  static attach(handle: EngineHandle): SingleNodeEngine {
    checkHandle(handle);
    const environment = nodeEnvironment();
    const store = attachEngineStore(handle, environment);
    const engine = new SingleNodeEngine(handle.config, store, environment);
    engine.#isShared = true;
    return engine;
  }

  /**
   * What {@link attach} takes in a worker thread; structured cloning, as for `workerData` and messages, shares the
   * memory. For an engine that the main thread has opened, with a commit thread; else throws `STORAGE_NOT_SHARED`.
   */
  share(): EngineHandle {
    this.#requireOpen();
    const store = this.#store.share();
    this.#isShared = true;
    this.#store.onThreadGone(() => this.writing.committer.commitAbandoned());
    return { kind: HANDLE_KIND, config: this.#config, store };
  }

  get size(): number {
    this.#requireOpen();
    const now = this.writing.clock.now();
    const size = this.#store.liveKeys(now);
    if (size < this.#store.liveKeys(BEFORE_EVERY_DEADLINE)) this.#store.noteTime(now);
    return size;
  }

  get(key: BytesLike): Uint8Array | undefined {
    this.#requireOpen();
    return this.#store.value(keyBytes(key), this.#hasCome);
  }

  getMany(keys: Iterable<BytesLike>): (Uint8Array | undefined)[] {
    this.#requireOpen();
    return this.#store.many.values(allKeyBytes(keys), this.#hasCome);
  }

  getInto(key: BytesLike, target: Uint8Array, offset = 0): number | undefined {
    this.#requireOpen();
    checkTarget(target, offset);
    const length = this.#store.valueInto(keyBytes(key), this.#hasCome, target, offset);
    return length < 0 ? undefined : length;
  }

  has(key: BytesLike): boolean {
    this.#requireOpen();
    return this.#source.isLive(keyBytes(key));
  }

  getEntry(key: BytesLike): Entry | undefined {
    this.#requireOpen();
    const found = this.#source.liveEntry(keyBytes(key));
    return found === undefined ? undefined : entryOf(found);
  }

  entries(range?: RangeOptions): RangeReader<[key: Uint8Array, value: Uint8Array]> {
    return this.#reader(range, true, (key, value) => [key, value]);
  }

  keys(range?: RangeOptions): RangeReader<Uint8Array> {
    return this.#reader(range, false, (key) => key);
  }

  values(range?: RangeOptions): RangeReader<Uint8Array> {
    return this.#reader(range, true, (_, value) => value);
  }

  count(range?: RangeOptions): number {
    return this.keys(range).count();
  }

  snapshot(): KvSnapshot {
    this.#requireOpen();
    return new Snapshot(this.#snapshotOwner, this.#store.snapshot(this.writing.clock.now()));
  }

  watch(options?: WatchOptions): Watch {
    return this.#feeds.watch(options);
  }

  get commitLog(): CommitLog {
    return this.#feeds;
  }

  async flush(): Promise<void> {
    this.#requireOpen();
    this.#store.refresh();
    const loss = this.writing.committer.takeLoss();
    await this.writing.committer.whenDone('disk');
    if (loss !== undefined) throw loss;
  }

  async durable(sequence: number): Promise<void> {
    this.#requireOpen();
    checkTimestamp(sequence, 'sequence');
    const lastSequence = this.latestSequence();
    if (sequence > lastSequence) {
      throw new ArgumentRangeError(`expected sequence to be at most ${lastSequence}, got ${sequence}`);
    }
    await this.writing.committer.whenDurable(sequence);
  }

  /**
   * Saves the index beside the log, so that the next opening reads only what comes after. Resolves when that is durable;
   * reads and writes go on meanwhile. Rejects with `STORAGE_NOT_OPENER` in a thread that has joined, and as `flush`.
   */
  async checkpoint(): Promise<Checkpoint> {
    this.#requireOpen();
    return this.#upkeep.checkpointer.take();
  }

  latestSequence(): number {
    this.#requireOpen();
    this.#store.refresh();
    return this.#store.progress.lastSequence;
  }

  latestVersion(): number {
    this.#requireOpen();
    this.#store.refresh();
    return this.#store.progress.highestVersion;
  }

  /**
   * Frees what is not needed any more, in a full pass, and resolves when that is durable. Reads and writes go on
   * meanwhile. Rejects as a write does, and with `ENGINE_CLOSED` if the engine is closed before it is done.
   */
  async runCompactionNow(): Promise<CompactionReport> {
    this.#requireOpen();
    this.#store.requireWritable();
    this.#store.noteTime(this.writing.clock.now());
    return this.#upkeep.compaction.runNow();
  }

  snapshotState(): StateView {
    this.#requireOpen();
    return this.#snapshots.copy();
  }

  async takeSnapshot(): Promise<SnapshotStream> {
    this.#requireOpen();
    return this.#snapshots.take((sequence) => this.writing.committer.whenDurable(sequence));
  }

  async installSnapshot(chunks: SnapshotChunks): Promise<SnapshotSummary> {
    this.#requireOpen();
    const summary = await this.#snapshots.install(chunks);
    this.#counter.observe(summary.latestVersion);
    return summary;
  }

  stats(): EngineStats {
    this.#requireOpen();
    return {
      ...this.#store.stats(),
      size: this.size,
      latestVersion: this.latestVersion(),
      scrub: this.#upkeep.scrubber.stats,
      sweep: this.#upkeep.sweeper.stats,
    };
  }

  /**
   * Checks every byte of the store on disk against its checksums, a mebibyte at a time, beside whatever else is done,
   * and resolves with what does not check out: damage is reported, never thrown. O(log).
   */
  async verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    return runVerify(this.#store, options, this.#environment, () => this.#requireOpen());
  }

  /** Makes everything durable, says so on disk, and gives the directory back. Idempotent. Throws as `flush` rejects. */
  closeSync(): void {
    if (this.#isClosed) return;
    this.#upkeep.pause();
    const isWriting = !this.#config.readOnly && this.#store.poison === undefined && !this.#store.hasEnded;
    try {
      if (isWriting) this.writing.committer.commitNow('disk');
    } finally {
      this.#isClosed = true;
      this.#upkeep.close();
      this.writing.committer.close();
      this.#store.close();
    }
    const loss = this.writing.committer.takeLoss();
    if (loss !== undefined) throw loss;
  }

  protected override inTurn<Result>(step: () => Result): Result {
    this.#requireOpen();
    return this.#store.exclusively(step);
  }

  protected override now(): number {
    return this.writing.clock.now();
  }

  /** What the command means for earlier writes is told to those who wait for them. */
  protected override apply(command: SingleCommand): ApplyOutcome;
  protected override apply(command: BatchCommand): readonly ApplyOutcome[];
  protected override apply(command: Command): ApplyOutcome | readonly ApplyOutcome[];
  protected override apply(command: Command): ApplyOutcome | readonly ApplyOutcome[] {
    this.#requireOpen();
    // Other threads wait while this one writes, so what can be fetched from memory is fetched before.
    if (this.#isShared && command.type !== 'batch') this.#store.warm(command.key);
    try {
      const outcome = this.#step(command);
      this.writing.committer.afterApply();
      this.#upkeep.afterWrite(command.type === 'batch');
      return outcome;
    } catch (error) {
      const failure = applyFailure(error as Error, this.#store.poison !== undefined);
      this.writing.committer.afterFailedApply(failure);
      throw failure;
    }
  }

  #step(command: Command): ApplyOutcome | readonly ApplyOutcome[] {
    this.#store.beginTurn();
    try {
      // Refuses where nothing can be written, whatever would have come of the command.
      this.#store.requireWritable();
      this.#port.begin();
      if (this.#isShared) this.#counter.observe(this.#store.progress.highestVersion);
      if (command.type === 'batch') {
        const { commands, restore } = trimBatch(command, this.#port);
        return restore(this.#machine.apply(this.#stamped({ ...command, commands })));
      }
      if (command.type === 'delete' && isBlindDelete(command, this.#port)) return 'removed';
      return this.#machine.apply(this.#stamped(command));
    } finally {
      this.#store.endTurn();
    }
  }

  #stamped(command: SingleCommand): StampedSingle;
  #stamped(command: BatchCommand): StampedBatch;
  #stamped(command: Command): StampedCommand {
    const timestamp = this.writing.clock.now();
    this.#store.noteTime(timestamp);
    const stamped = stampCommand(command, { counter: this.#counter, heads: this.#port, timestamp });
    this.#upkeep.beforeCommand(stamped);
    return stamped;
  }

  #reader<Item>(
    range: RangeOptions | undefined,
    wantsValues: boolean,
    toItem: (key: Uint8Array, value: Uint8Array) => Item,
  ): RangeReader<Item> {
    this.#requireOpen();
    return new EntryRangeReader(this.#source, checkRange(range), wantsValues, toItem);
  }

  #requireOpen(): void {
    if (this.#isClosed || this.#store.hasEnded) throw engineClosed();
    this.#store.filling.requireNone();
  }
}
