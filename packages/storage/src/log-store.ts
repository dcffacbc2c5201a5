/**
 * The store: a log, an index of the newest record of each key, and the rules that keep both true over failures.
 *
 * It knows records, not policies: which write wins, what a version is and when a key expires is decided above. All
 * calls are synchronous. Reads take no lock and may be made by any thread that has the store open; what writes is
 * done by one thread at a time, in `exclusively`. Writes are visible when `apply` returns and durable when
 * `commit(true)` returns; in between they form one group, which a crash keeps whole or not at all.
 *
 * Failures. No room (`STORAGE_NO_SPACE`): the open group is taken back, nothing of it is committed, reads and later
 * writes go on, in a new segment. Any other failure to write or sync (`STORAGE_IO`): nothing is known about the last
 * group, and the store refuses writes until it is opened again (`STORAGE_POISONED`); reads go on.
 */
import { assert, CodedError, InvariantError } from '@htkv/base';

import type { ControlBlock } from './control/control-block.ts';
import { Field } from './control/store-fields.ts';
import { isNoSpaceFailure, wrapFailure } from './failure.ts';
import { SegmentState } from './format/manifest.ts';
import { recordBytes, type RecordHead, type ValuePointer } from './format/record.ts';
import type { KeyRange } from './index/ordered-keys.ts';
import { BackgroundCommit } from './io/background-commit.ts';
import { performGroup } from './io/perform-commit.ts';
import type { ClosedGroup } from './log/group-writer.ts';
import { HybridLog } from './log/hybrid-log.ts';
import { AppendRefused, RecordAppender } from './record-appender.ts';
import { RecordView } from './record-view.ts';
import type { RecoveryReport } from './recovery/recovery-report.ts';
import type { Segment } from './segment/segment.ts';
import { StoreLock } from './session/store-lock.ts';
import type { StoreParts } from './store-parts.ts';
import { statsOf, type StoreStats } from './store-stats.ts';
import { storedHead, type RecordWrite, type StoredEntry, type StoredHead } from './stored-record.ts';

/** A record that is written again as it was, sequence included. */
export interface RewrittenRecord {
  readonly head: RecordHead;
  readonly key: Uint8Array;
  readonly value: Uint8Array | ValuePointer | undefined;
}

/** A thread takes longer to start than a few commits take. */
const COMMITS_BEFORE_RUNNER = 8;

export class LogStore {
  readonly #parts: StoreParts;
  readonly #control: ControlBlock;
  readonly #log: HybridLog;
  readonly #appender: RecordAppender;
  readonly #view: RecordView;
  readonly #background: BackgroundCommit | undefined;
  readonly #lock: StoreLock;
  readonly report: RecoveryReport;
  /** Whether other threads may have the store open; then, and only then, the lock is taken. */
  #isShared: boolean;
  #depth = 0;
  #isClosed = false;
  /** Version of the control block when this thread let go of the store. */
  #versionSeen = 0;
  /**
   * Place of the record that is being written again, 0 outside of recovery. Segments that are created meanwhile are
   * named by a manifest only when everything is written again.
   */
  #rewrittenSequence = 0;
  /** What the manifest keeps of the noted time. */
  readonly #clockHighWaterKept: number;

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.#control = parts.control.block;
    this.report = parts.report;
    this.#isShared = parts.slot > 0;
    this.#lock = new StoreLock(parts.control.words, parts.slots, parts.slot);
    this.#clockHighWaterKept = parts.clock.highWater;
    this.#view = new RecordView(parts);
    const { ring, segments, control, cell } = parts;
    this.#log = new HybridLog({ ring, segments, control: control.block }, parts.identity.maxSegmentSize, {
      createSegment: () => this.#createSegment(),
      finishWriting: () => this.#finishBackground(),
      write: (segment, group) => this.#write(segment, group),
      isRewriting: () => this.#rewrittenSequence !== 0,
    });
    this.#appender = new RecordAppender(parts, this.#log);
    if (parts.startCommitRunner === undefined) return;
    const start = parts.startCommitRunner;
    this.#background = new BackgroundCommit(
      { segments, control: control.block, cell },
      this.#log,
      {
        write: (segment, group) => this.#write(segment, group),
        settle: (error) => this.#settled(error),
        poison: () => this.poison,
      },
      () => start(() => this.pollBackground()),
    );
  }

  /** Place of the last applied write in the commit order; 0 before the first. */
  get lastSequence(): number {
    return this.#get(Field.lastSequence);
  }

  /** Everything up to this place has been handed to the operating system. */
  get writtenSequence(): number {
    return this.#get(Field.writtenSequence);
  }

  /** Everything up to this place survives a power cut. */
  get durableSequence(): number {
    return this.#get(Field.durableSequence);
  }

  /**
   * The last write that was taken back for want of room: of the writes up to it, those above what was written by
   * then are gone. 0 if none was.
   */
  get revokedSequence(): number {
    return this.#get(Field.revokedSequence);
  }

  /** The highest version that any write ever had. */
  get highestVersion(): number {
    return this.#get(Field.highestVersion);
  }

  /** Bytes that are appended and not yet written to a file. */
  get openGroupBytes(): number {
    return this.#isShared ? this.exclusively(() => this.#log.openBytes) : this.#log.openBytes;
  }

  /** Whether a commit would make anything durable. */
  get isDirty(): boolean {
    return this.#isShared ? this.exclusively(() => this.#log.isDirty) : this.#log.isDirty;
  }

  /** The failure that ended writing, if one did. */
  get poison(): CodedError | undefined {
    return this.#parts.poison.failure;
  }

  /** Whether the thread that opened the store has closed it. */
  get hasEnded(): boolean {
    return this.#isClosed || this.#control.get(Field.isClosed) === 1;
  }

  /** The latest time that was noted, carried over restarts; milliseconds since the epoch. */
  get clockHighWater(): number {
    return this.#parts.clock.highWater;
  }

  /** Remembers that the user has acted on time `now`. Kept over a clean close. */
  noteTime(now: number): void {
    this.#parts.clock.note(now);
  }

  /**
   * Runs `step` while no other thread writes; it may call everything. What was decided in it from what was read in it
   * stays true until it ends. Throws `STORAGE_BUSY`, with nothing done, and what `step` throws.
   */
  exclusively<Result>(step: () => Result): Result {
    this.#enter();
    try {
      return step();
    } finally {
      this.#leave();
    }
  }

  /**
   * Head of the newest record of `key`, deletes included. Inside {@link exclusively}; an `apply` that follows with
   * the same key, the very object, does not look it up again. O(1). Throws `STORAGE_CORRUPT`, `STORAGE_IO`.
   */
  headForWriting(key: Uint8Array): StoredHead | undefined {
    const address = this.#parts.index.findForWriting(key);
    return address === 0 ? undefined : storedHead(this.#parts.reader.head());
  }

  /** Head of the newest record of `key`, deletes included. O(1). Throws `STORAGE_CORRUPT`, `STORAGE_IO`. */
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

  /** Newest record of `key` with its value, deletes included. O(value). Throws `STORAGE_CORRUPT`, `STORAGE_IO`. */
  read(key: Uint8Array): StoredEntry | undefined {
    return this.#view.entry(key);
  }

  /** Keys that are neither deleted nor past their deadline at `now`. O(keys with a deadline). */
  liveKeys(now: number): number {
    return this.exclusively(() => this.#parts.index.liveKeys(now));
  }

  /** Up to `limit` keys of the range that were ever written, in byte order. Borrowed: the caller only reads them. */
  collectKeys(range: KeyRange, reverse: boolean, limit: number): readonly Uint8Array[] {
    return this.exclusively(() => this.#parts.index.collect(range, reverse, limit));
  }

  /**
   * Applies writes as one atomic unit and returns the sequence of the last. Visible at once. Throws with nothing
   * applied: `STORAGE_NO_SPACE` (earlier writes that no commit had covered are taken back too), `STORAGE_FULL`,
   * `STORAGE_BATCH_TOO_LARGE`, `STORAGE_READ_ONLY`, `STORAGE_POISONED`, `STORAGE_BUSY`, `STORAGE_IO`. Where an older
   * record of a key cannot be read, `STORAGE_CORRUPT` or `STORAGE_IO`, and the store goes on.
   */
  apply(writes: readonly RecordWrite[]): number {
    this.#enter();
    try {
      this.requireWritable();
      if (writes.length > 0) this.#apply(writes);
      return this.lastSequence;
    } finally {
      this.#leave();
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
      try {
        this.#log.commit(durable);
      } catch (error) {
        throw this.#settled(error);
      }
    });
  }

  /**
   * As {@link commit}, by the commit runner. False if that cannot be: there is none, it is not up yet, or it is
   * busy. Else `onSettled` is called once, with what `commit` would have thrown if it failed; writes go on meanwhile.
   */
  commitInBackground(durable: boolean, onSettled: (failure: Error | undefined) => void): boolean {
    return this.exclusively(() => {
      this.requireWritable();
      if (!this.#log.isDirty || this.#control.get(Field.commits) < COMMITS_BEFORE_RUNNER) return false;
      try {
        return this.#background?.begin(durable, onSettled) ?? false;
      } catch (error) {
        throw this.#settled(error);
      }
    });
  }

  /** Takes over the result of a commit in the background if it has come to its end; does not wait for it. */
  pollBackground(): void {
    if (this.#isClosed) return;
    this.#background?.poll();
    this.exclusively(() => {});
  }

  /**
   * Writes records again that recovery found above the last proof, with their sequences kept, in as many groups as
   * memory and segments ask for. `finishRewriting` makes them the store's, all at once.
   */
  rewrite(records: readonly RewrittenRecord[]): void {
    for (const { head, key, value } of records) {
      this.#rewrittenSequence = head.sequence;
      this.#log.reserveOne(sizeOfHead(head));
      this.#appender.rewrite(head, key, value);
    }
  }

  /** Makes what was written again durable, and the segments as they are now the store's. */
  finishRewriting(): void {
    this.#log.commit(true);
    this.#rewrittenSequence = 0;
    this.#parts.catalog.publish(false);
  }

  /** Throws unless writes can be taken: `STORAGE_READ_ONLY`, `STORAGE_POISONED`. */
  requireWritable(): void {
    assert(!this.#isClosed, 'a closed store is not used');
    if (this.#parts.isReadOnly) {
      throw new CodedError('STORAGE_READ_ONLY', 'the store was opened for reading only');
    }
    const { poison } = this;
    if (poison === undefined) return;
    throw new CodedError(
      'STORAGE_POISONED',
      'the store takes no writes after a failed write or sync; open it again',
      {
        cause: poison,
      },
    );
  }

  /** Commits, says so in the manifest, and gives everything back. A poisoned store only gives back. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    const isOwner = this.#parts.lock !== undefined;
    try {
      this.exclusively(() => {
        try {
          this.#finishBackground();
        } catch {
          // Whoever waited for the group was told.
        }
        if (this.#parts.isReadOnly || this.poison !== undefined) return;
        this.commit(true);
        if (!isOwner) return;
        const isTimeNoted = this.#parts.clock.highWater > this.#clockHighWaterKept;
        if (this.#control.get(Field.isClean) === 0 || isTimeNoted) this.#parts.catalog.publish(true);
      });
    } finally {
      if (isOwner) this.#control.set(Field.isClosed, 1);
      this.#isClosed = true;
      this.#background?.close();
      this.#parts.segments.close();
      this.#parts.lock?.release();
    }
  }

  stats(): StoreStats {
    return this.exclusively(() => ({ ...statsOf(this.#parts), openGroupBytes: this.#log.openBytes }));
  }

  #get(field: number): number {
    return this.#isShared && !this.#lock.isHeld ? this.#control.peek(field) : this.#control.get(field);
  }

  #enter(): void {
    this.#depth += 1;
    if (this.#depth > 1) return;
    if (this.#isShared) this.#enterShared();
    if (this.#parts.cell.isDone) this.#background?.land();
  }

  #leave(): void {
    this.#depth -= 1;
    if (this.#depth > 0 || !this.#isShared) return;
    this.#versionSeen = this.#control.version;
    this.#lock.release();
  }

  #enterShared(): void {
    try {
      if (this.#lock.acquire()) this.#repair();
    } catch (error) {
      this.#depth = 0;
      throw error;
    }
    if (this.#control.version !== this.#versionSeen) this.#parts.index.forget();
  }

  /** Completes or takes back what a thread that died while it held the lock has left. */
  #repair(): void {
    const { ring, index, segments, publication } = this.#parts;
    this.#control.drop();
    ring.repair();
    index.repair();
    this.#log.repair();
    this.#appender.repair();
    publication.end();
    const { last } = segments;
    const isLeft = last?.state === SegmentState.active && segments.active === undefined;
    if (!isLeft || this.#control.get(Field.isClean) === 1) return;
    // It was created and not yet used, or opened again and not yet continued.
    if (last.recordCount === 0) segments.removeLast();
    else this.#log.continueSegment(last);
  }

  #apply(writes: readonly RecordWrite[]): void {
    const isFirst = this.#control.get(Field.isClean) === 1;
    // A failure to open it again changes nothing.
    if (isFirst) this.#reopenLast();
    const valueIdFrom = this.#control.get(Field.nextValueId);
    try {
      if (isFirst) this.#beginWriting();
      this.#appender.append(writes);
    } catch (error) {
      this.#parts.values.discard(valueIdFrom, this.#control.get(Field.nextValueId));
      throw error instanceof AppendRefused ? error.cause : this.#settled(error);
    }
  }

  /** Opens the last segment for writing, if it ended cleanly. */
  #reopenLast(): void {
    const { last } = this.#parts.segments;
    if (last?.state !== SegmentState.active) return;
    try {
      void last.writableFile;
    } catch (error) {
      throw wrapFailure(last.path, 'open', error);
    }
  }

  /** Takes the mark of a clean end off the manifest, and continues the last segment if it ended cleanly. */
  #beginWriting(): void {
    const { last } = this.#parts.segments;
    this.#parts.catalog.publish(false);
    if (last?.state === SegmentState.active) this.#log.continueSegment(last);
  }

  #createSegment(): Segment {
    if (this.#rewrittenSequence > 0) {
      return this.#parts.catalog.createSegment(this.#rewrittenSequence, false);
    }
    return this.#parts.catalog.createSegment(this.#control.get(Field.lastSequence) + 1, true);
  }

  #write(segment: Segment, group: ClosedGroup): number {
    const { fileSystem, identity, ring } = this.#parts;
    return performGroup({ fileSystem, directory: identity.directory, ring }, segment.writableFile, group);
  }

  #finishBackground(): void {
    this.#background?.finish();
  }

  /** Settles the store's state after a step that writes has failed, and returns what to throw. */
  #settled(error: unknown): Error {
    const failure = wrapFailure(this.#parts.segments.last?.path ?? '', 'write', error);
    if (failure.code === 'STORAGE_FULL' || failure.code === 'STORAGE_BATCH_TOO_LARGE') return failure;
    this.#control.drop();
    if (isNoSpaceFailure(failure)) this.#takeBack();
    else this.#parts.poison.set(failure);
    return error instanceof InvariantError ? error : failure;
  }

  /** Undoes the open group in the index and leaves its segment. */
  #takeBack(): void {
    try {
      // A group that is being written is not taken back: it lands, and only what is younger is undone.
      this.#finishBackground();
    } catch {
      // Its failure has settled everything already.
      return;
    }
    const { reader, index, values, publication } = this.#parts;
    const control = this.#control;
    try {
      const addresses = this.#log.unwritten().reverse();
      if (addresses.length > 0) control.set(Field.revokedSequence, this.lastSequence);
      publication.begin(control.get(Field.writtenSequence) + 1);
      for (const address of addresses) {
        reader.open(address);
        index.retreat(address, reader.head());
      }
      publication.end();
      const firstValueId = control.get(Field.closedTrailer) === 0 ? Field.openValues : Field.closedValues;
      values.discard(control.get(firstValueId), control.get(Field.nextValueId));
      this.#log.abandonGroup();
    } catch (error) {
      publication.end();
      this.#parts.poison.set(wrapFailure(this.#parts.segments.last?.path ?? '', 'sync', error));
    }
  }
}

function sizeOfHead(head: RecordHead): number {
  return recordBytes(head.keyBytes, head.valueBytes, head.expiresAt !== undefined, head.separated);
}
