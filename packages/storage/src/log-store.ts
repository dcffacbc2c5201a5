/**
 * The store: a log, an index of the newest record of each key, and the rules that keep both true over failures.
 *
 * It knows records, not policies: which write wins, what a version is and when a key expires is decided above. All
 * calls are synchronous. Reads take no lock and may be made by any thread that has the store open; what writes is
 * done by one thread at a time, in `exclusively`. Writes are visible when `apply` returns and durable when
 * `commit(true)` returns; in between they form one group, which a crash keeps whole or not at all.
 *
 * Failures. No room (`STORAGE_NO_SPACE`): the open group is taken back, nothing of it is committed, reads go on, and
 * writes as soon as there is room, in a new segment (`space/store-space.ts`). Any other failure to write or sync (`STORAGE_IO`): nothing is known about the last
 * group, and the store refuses writes until it is opened again (`STORAGE_POISONED`); reads go on.
 */
import { assert, type CodedError } from '@htkv/base';

import { Compactor } from './compaction/compactor.ts';
import { CheckpointKeeper } from './checkpoint/checkpoint-keeper.ts';
import type { CheckpointRun } from './checkpoint/checkpoint-run.ts';
import type { ControlBlock } from './control/control-block.ts';
import { Field } from './control/store-fields.ts';
import type { CollectedEntries } from './entry-collector.ts';
import { LogFeed } from './feed/log-feed.ts';
import type { KeyRange } from './index/key-range.ts';
import { BackgroundCommit } from './io/background-commit.ts';
import { finishStore } from './finish-store.ts';
import { logOwner } from './log-owner.ts';
import { ManyReader } from './many-reader.ts';
import { HybridLog } from './log/hybrid-log.ts';
import { LogWarming } from './log/log-warming.ts';
import { newStoreSession } from './new-store-session.ts';
import { RecordAppender } from './record-appender.ts';
import { RecordView } from './record-view.ts';
import type { RecoveryReport } from './recovery/recovery-report.ts';
import { TailRewriter } from './recovery/tail-rewriter.ts';
import { OpenSnapshots } from './session/open-snapshots.ts';
import type { StoreSession } from './session/store-session.ts';
import { StoreSharing } from './session/store-sharing.ts';
import type { StoreSnapshot } from './session/store-snapshot.ts';
import { FailureSettler } from './settle-failure.ts';
import type { StoreSpace } from './space/store-space.ts';
import { StoreFilling } from './store-filling.ts';
import type { StoreHandle } from './store-options.ts';
import type { StoreParts } from './store-parts.ts';
import { StoreProgress } from './store-progress.ts';
import { statsOf, type StoreStats } from './store-stats.ts';
import { type RecordWrite, type StoredEntry, type StoredHead } from './stored-record.ts';
import { WriteTurns } from './write-turns.ts';
import { StoreCheck } from './verify/store-check.ts';

/** A thread takes longer to start than a few commits take. */
const COMMITS_BEFORE_RUNNER = 2;

export class LogStore {
  readonly #parts: StoreParts;
  readonly #control: ControlBlock;
  readonly #log: HybridLog;
  readonly #appender: RecordAppender;
  readonly #view: RecordView;
  readonly #snapshots: OpenSnapshots;
  readonly #background: BackgroundCommit | undefined;
  readonly #failures: FailureSettler;
  readonly #session: StoreSession;
  readonly #turns: WriteTurns;
  readonly #sharing: StoreSharing;
  readonly #progress: StoreProgress;
  readonly #checkpoints: CheckpointKeeper;
  readonly report: RecoveryReport;
  /** Reads many keys at once. */
  readonly many: ManyReader;
  /** Frees what nobody needs any more. */
  readonly compactor: Compactor;
  readonly filling: StoreFilling;
  /** Whether there is room on the device; in turns of this thread, see {@link exclusively}. */
  readonly space: StoreSpace;
  /** The writes of the log, for those who follow it. */
  readonly feed: LogFeed;
  /** For recovery, before the store is used. */
  readonly rewriter: TailRewriter;
  #isClosed = false;
  /** What the manifest keeps of the noted time. */
  readonly #clockHighWaterKept: number;

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.#control = parts.control.block;
    this.report = parts.report;
    this.space = parts.space;
    this.#clockHighWaterKept = parts.clock.highWater;
    this.#view = new RecordView(parts);
    this.many = new ManyReader(parts, this.#view);
    this.#snapshots = new OpenSnapshots(parts, this.#view);
    const { ring, segments, control, cell } = parts;
    const finishWriting = (): void => this.#background?.finish();
    const owner = logOwner(parts, () => this.rewriter.sequence, finishWriting);
    const logParts = { ring, segments, control: control.block };
    this.#log = new HybridLog(logParts, parts.identity.maxSegmentSize, owner);
    this.#failures = new FailureSettler(parts, this.#log, finishWriting);
    this.#appender = new RecordAppender(parts, this.#log);
    this.rewriter = new TailRewriter(this.#log, this.#appender, parts.catalog);
    this.#session = newStoreSession(parts, this.#log, this.#appender, this.#failures, {
      background: () => this.#background,
      end: () => this.#progress.keep(),
    });
    this.#turns = new WriteTurns(parts, this.#log, this.#appender, this.#failures, this.#session);
    this.compactor = new Compactor(parts, this.#log, this.#appender, parts.identity.compaction, {
      inTurn: (step) => this.#turns.run(step),
      keptFrom: () => parts.pins.lowest(),
    });
    this.#sharing = new StoreSharing(parts, this.#session);
    this.feed = new LogFeed(parts, (step) => this.exclusively(step));
    this.filling = new StoreFilling(
      parts,
      this,
      () => this.#turns.publish(),
      (writes) => this.#turns.apply(writes, this.compactor),
    );
    this.#progress = new StoreProgress(control.block, this.#log, () => this.#session.isOpenToOthers);
    this.#checkpoints = new CheckpointKeeper(parts, this, (error) => this.#failures.settle(error));
    if (parts.leave !== undefined) this.refresh();
    const start = parts.startCommitRunner;
    if (start === undefined) return;
    this.#background = new BackgroundCommit(
      { segments, control: control.block, cell },
      this.#log,
      {
        write: (segment, group) => owner.write(segment, group),
        settle: (error) => this.#failures.settle(error),
        poison: () => this.poison,
      },
      () => start(() => this.pollBackground()),
    );
    // A thread that joins has to hear from the first moment on that the commit thread, which it knows, is gone.
    if (parts.leave !== undefined) this.#background.start();
  }

  /** How far the store has come, as this thread sees it; see {@link StoreProgress}. Borrowed. */
  get progress(): Readonly<StoreProgress> {
    return this.#progress;
  }

  /** The failure that ended writing, if one did. */
  get poison(): CodedError | undefined {
    return this.#parts.poison.failure;
  }

  /** Whether the thread that opened the store has closed it. */
  get hasEnded(): boolean {
    return this.#isClosed || this.#control.get(Field.isClosed) === 1;
  }

  /** Whether another thread has opened the store, and this one has joined. */
  get isJoined(): boolean {
    return this.#parts.leave !== undefined;
  }

  /** Grows by one with each segment that is begun. */
  get segmentsBegun(): number {
    return this.#control.peek(Field.nextSegmentId);
  }

  /** The latest time that was noted, carried over restarts; milliseconds since the epoch. */
  get clockHighWater(): number {
    return this.#parts.clock.highWater;
  }

  /** Remembers that the user has acted on time `now`. Kept over a clean close. */
  noteTime(now: number): void {
    this.#parts.clock.note(now);
  }

  /** Begins a turn of this thread, as {@link exclusively} does; {@link endTurn} ends it. Throws `STORAGE_BUSY`. */
  beginTurn(): void {
    this.#session.enter();
  }

  endTurn(): void {
    this.#session.leave();
  }

  /**
   * Runs `step` while no other thread writes; it may call everything. What was decided in it from what was read in it
   * stays true until it ends. Throws `STORAGE_BUSY`, with nothing done, and what `step` throws.
   */
  exclusively<Result>(step: () => Result): Result {
    this.#session.enter();
    try {
      return step();
    } finally {
      this.#session.leave();
    }
  }

  /** Brings what a write to `key` will look at closer to the processor; changes nothing. */
  warm(key: Uint8Array): void {
    this.#parts.index.find(key);
  }

  /**
   * Head of the newest record of `key`, deletes included. Inside {@link exclusively}; an `apply` that follows with
   * the same key, the very object, does not look it up again. O(1). Throws `STORAGE_CORRUPT`, `STORAGE_IO`.
   */
  headForWriting(key: Uint8Array): StoredHead | undefined {
    const address = this.#parts.index.findForWriting(key);
    return address === 0 ? undefined : this.#parts.reader.storedHead();
  }

  /** As {@link headForWriting}, for any thread at any time. */
  head(key: Uint8Array): StoredHead | undefined {
    return this.#view.head(key);
  }

  /**
   * Value of the newest record of `key`, owned by the caller; undefined if there is none, or a delete, or if it has a
   * deadline that `hasCome` says has come. O(value). Throws `STORAGE_CORRUPT`, `STORAGE_IO`.
   */
  value(key: Uint8Array, hasCome: (expiresAt: number) => boolean): Uint8Array | undefined {
    return this.#view.value(key, hasCome);
  }

  /** As {@link value}, into `target`; see {@link RecordView.valueInto}. */
  valueInto(
    key: Uint8Array,
    hasCome: (expiresAt: number) => boolean,
    target: Uint8Array,
    offset: number,
  ): number {
    return this.#view.valueInto(key, hasCome, target, offset);
  }

  /** Newest record of `key` with its value, deletes included. O(value). Throws `STORAGE_CORRUPT`, `STORAGE_IO`. */
  read(key: Uint8Array): StoredEntry | undefined {
    return this.#view.entry(key);
  }

  /** The store as it is now, for as long as it is wanted; `now` is when that is. O(1). Throws `STORAGE_BUSY`. */
  snapshot(now: number): StoreSnapshot {
    return this.exclusively(() => this.#snapshots.take(now));
  }

  /** Keys that are neither deleted nor past their deadline at `now`. O(keys with a deadline). */
  liveKeys(now: number): number {
    return this.exclusively(() => this.#parts.index.liveKeys(now));
  }

  /** Up to `limit` keys of the range that were ever written, in byte order. Throws as {@link collectEntries} does. */
  collectKeys(range: KeyRange, reverse: boolean, limit: number): readonly Uint8Array[] {
    return this.exclusively(() => this.#parts.index.collect(range, reverse, limit));
  }

  /**
   * The entries of up to `limit` keys of the range, in byte order, as they are at one moment; with `wantsValues` their
   * values too. Throws `STORAGE_NOT_ORDERED`, `STORAGE_ORDER_FULL`, `STORAGE_CORRUPT`, `STORAGE_IO`, `STORAGE_BUSY`.
   */
  collectEntries(range: KeyRange, reverse: boolean, limit: number, wantsValues: boolean): CollectedEntries {
    return this.exclusively(() => this.#parts.entries.collect(range, reverse, limit, wantsValues));
  }

  /** All keys that were ever written, in no order. O(keys). Throws `STORAGE_CORRUPT`, `STORAGE_IO`, `STORAGE_BUSY`. */
  allKeys(): Uint8Array[] {
    return this.exclusively(() => this.#parts.index.allKeys());
  }

  /**
   * Applies writes as one atomic unit and returns the sequence of the last. Visible at once. Throws, nothing applied:
   * `STORAGE_NO_SPACE` (what no commit had covered is taken back too), `STORAGE_FULL`, `STORAGE_BATCH_TOO_LARGE`, what
   * {@link requireWritable} throws, and `STORAGE_BUSY`; `STORAGE_CORRUPT` or `STORAGE_IO` for an older record of a key.
   */
  apply(writes: readonly RecordWrite[]): number {
    this.#session.enter();
    try {
      this.requireWritable();
      this.filling.requireNone();
      if (writes.length > 0) this.#turns.apply(writes, this.compactor);
      return this.#control.get(Field.lastSequence);
    } finally {
      this.#session.leave();
    }
  }

  /**
   * Writes what was applied since the last commit to the log's file; `durable` adds the sync. Returns when it is
   * done. Throws `STORAGE_NO_SPACE` (the writes are taken back), `STORAGE_IO`, `STORAGE_POISONED`, `STORAGE_BUSY`.
   */
  commit(durable: boolean): void {
    this.exclusively(() => {
      this.requireWritable();
      if (!this.#log.isDirty) return;
      this.#parts.index.followLog();
      try {
        this.#log.commit(durable);
      } catch (error) {
        throw this.#failures.settle(error);
      }
    });
  }

  /**
   * As {@link commit}, by the commit runner. False if that cannot be: there is none, it is not up yet, or it has a
   * job of this thread; `busy` if it has the job of another thread, which says nothing of this one's writes. Else,
   * and when that other job has landed, `onSettled` is called once, with what `commit` would have thrown if it
   * failed; writes go on meanwhile.
   */
  commitInBackground(durable: boolean, onSettled: (failure: Error | undefined) => void): boolean | 'busy' {
    return this.exclusively(() => {
      this.requireWritable();
      if (!this.#log.isDirty || this.#control.get(Field.commits) < COMMITS_BEFORE_RUNNER) return false;
      this.#parts.index.followLog();
      try {
        return this.#background?.begin(durable, onSettled) ?? false;
      } catch (error) {
        throw this.#failures.settle(error);
      }
    });
  }

  /** Whether enough of the log has come since the last checkpoint for another one to be worth its bytes. O(segments). */
  get isCheckpointDue(): boolean {
    return this.#checkpoints.isDue;
  }

  /** Begins a checkpoint, one at a time. Throws as {@link requireWritable} does, and `STORAGE_NOT_OPENER`. */
  beginCheckpoint(): CheckpointRun {
    this.requireWritable();
    return this.#checkpoints.begin();
  }

  /** Takes over the result of a commit in the background if it has come to its end; does not wait. */
  pollBackground(): void {
    if (this.#isClosed) return;
    this.#background?.poll();
    // A job that runs on has nothing to tell, unless it is the one after the one that this thread waits for.
    if (!this.#parts.cell.isPosted || this.#session.isOpenToOthers) this.refresh();
  }

  /** Takes a turn only to see how far the store has come. Throws `STORAGE_BUSY`. */
  refresh(): void {
    this.#session.enter();
    this.#session.leave();
  }

  /** Lets other threads have the store open; what they need for it. Throws `STORAGE_NOT_SHARED`. */
  share(): StoreHandle {
    const background = this.#background;
    return this.#sharing.share(background === undefined ? undefined : () => background.start());
  }

  /** Calls `listener` when another thread is gone, and may have left writes that nobody commits. */
  onThreadGone(listener: () => void): void {
    this.#sharing.onThreadGone(listener);
  }

  /** Throws unless writes can be taken: `STORAGE_READ_ONLY`, `STORAGE_POISONED`. */
  requireWritable(): void {
    assert(!this.#isClosed, 'a closed store is not used');
    this.#turns.requireWritable();
  }

  /** Commits, says so in the manifest, and gives everything back. A poisoned store only gives back. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    try {
      this.exclusively(() => this.#finish());
    } finally {
      this.#isClosed = true;
      this.#snapshots.end();
      this.#parts.signal.notify();
      this.#sharing.stop();
      this.#background?.close();
      this.#parts.segments.close();
      this.#parts.lock?.release();
      this.#parts.leave?.();
    }
  }

  #finish(): void {
    const settle = (): void => this.#background?.settle();
    const publishEnd = (): void => this.#checkpoints.publishEnd();
    const commit = (durable: boolean): void => this.commit(durable);
    const ended = { hasEnded: this.hasEnded, settle, commit, publishEnd };
    finishStore(this.#parts, ended, this.#clockHighWaterKept);
  }

  /** Begins a check of every file against its checksums, in slices. */
  check(): StoreCheck {
    return new StoreCheck(this.#parts, (step) => this.exclusively(step));
  }

  /** Brings pages back into memory that opening has left on disk, in slices. */
  warming(): LogWarming {
    return new LogWarming(this.#parts, (step) => this.exclusively(step));
  }

  stats(): StoreStats {
    return this.exclusively(() => ({ ...statsOf(this.#parts), openGroupBytes: this.#log.openBytes }));
  }
}
