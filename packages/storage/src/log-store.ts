/**
 * The store: a log, an index of the newest record of each key, and the rules that keep both true over failures.
 *
 * It knows records, not policies: which write wins, what a version is and when a key expires is decided above. All
 * calls are synchronous, and one thread makes them. Writes are visible when `apply` returns and durable when
 * `commit(true)` returns; in between they form one group, which a crash keeps whole or not at all.
 *
 * Failures. No room (`STORAGE_NO_SPACE`): the open group is taken back, nothing of it is committed, reads and later
 * writes go on, in a new segment. Any other failure to write or sync (`STORAGE_IO`): nothing is known about the last
 * group, and the store refuses writes until it is opened again (`STORAGE_POISONED`); reads go on.
 */
import { assert, CodedError, InvariantError } from '@htkv/base';

import { isNoSpaceFailure, wrapFailure } from './failure.ts';
import { SegmentState } from './format/manifest.ts';
import { recordBytes, type RecordHead, type ValuePointer } from './format/record.ts';
import type { KeyRange } from './index/ordered-keys.ts';
import { BackgroundCommit } from './io/background-commit.ts';
import { HybridLog } from './log/hybrid-log.ts';
import { AppendRefused, RecordAppender } from './record-appender.ts';
import type { RecoveryReport } from './recovery/recovery-report.ts';
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

const EMPTY = new Uint8Array();

export class LogStore {
  readonly #parts: StoreParts;
  readonly #log: HybridLog;
  readonly #appender: RecordAppender;
  readonly report: RecoveryReport;
  /** Invariant: false on disk before anything is appended. */
  #isClean: boolean;
  #isClosed = false;
  /**
   * Place of the record that is being written again, 0 outside of recovery. Segments that are created meanwhile are
   * named by a manifest only when everything is written again.
   */
  #rewrittenSequence = 0;
  #poison: CodedError | undefined;
  #writtenSequence: number;
  #durableSequence: number;
  #revokedSequence = 0;
  #commits = 0;
  readonly #background: BackgroundCommit | undefined;
  /** What the manifest keeps of the noted time. */
  readonly #clockHighWaterKept: number;

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.#isClean = parts.isClean;
    this.report = parts.report;
    this.#writtenSequence = parts.progress.lastSequence;
    this.#durableSequence = parts.progress.lastSequence;
    this.#clockHighWaterKept = parts.progress.clockHighWater;
    this.#log = new HybridLog(parts.ring, parts.maxSegmentSize, {
      createSegment: () =>
        this.#rewrittenSequence === 0
          ? parts.catalog.createSegment(this.lastSequence + 1, true)
          : parts.catalog.createSegment(this.#rewrittenSequence, false),
      finishWriting: () => this.#background?.finish(),
      beforeGroup: () => {
        this.#commits += 1;
        parts.values.sync();
      },
      afterGroup: (sequence) => {
        parts.values.commit();
        this.#writtenSequence = Math.max(this.#writtenSequence, sequence);
      },
      afterSync: (sequence) => {
        this.#durableSequence = Math.max(this.#durableSequence, sequence);
      },
      highestVersion: () => parts.progress.highestVersion,
      isRewriting: () => this.#rewrittenSequence !== 0,
    });
    this.#appender = new RecordAppender(parts, this.#log);
    if (parts.startCommitRunner !== undefined) {
      this.#background = new BackgroundCommit(this.#log, parts.ring, parts.startCommitRunner);
    }
  }

  /** Place of the last applied write in the commit order; 0 before the first. */
  get lastSequence(): number {
    return this.#parts.progress.lastSequence;
  }

  /** Everything up to this place has been handed to the operating system. */
  get writtenSequence(): number {
    return this.#writtenSequence;
  }

  /** Everything up to this place survives a power cut. */
  get durableSequence(): number {
    return this.#durableSequence;
  }

  /**
   * The last write that was taken back for want of room: of the writes up to it, those above what was written by
   * then are gone. 0 if none was.
   */
  get revokedSequence(): number {
    return this.#revokedSequence;
  }

  /** The highest version that any write ever had. */
  get highestVersion(): number {
    return this.#parts.progress.highestVersion;
  }

  /** Bytes that are appended and not yet written to a file. */
  get openGroupBytes(): number {
    return this.#log.openBytes;
  }

  /** Whether a commit would make anything durable. */
  get isDirty(): boolean {
    return this.#log.isDirty;
  }

  /** The failure that ended writing, if one did. */
  get poison(): CodedError | undefined {
    return this.#poison;
  }

  /** The latest time that was noted, carried over restarts; milliseconds since the epoch. */
  get clockHighWater(): number {
    return this.#parts.progress.clockHighWater;
  }

  /** Remembers that the user has acted on time `now`. Kept over a clean close. */
  noteTime(now: number): void {
    this.#parts.progress.clockHighWater = Math.max(this.#parts.progress.clockHighWater, now);
  }

  /**
   * Head of the newest record of `key`, deletes included. An `apply` that follows at once with the same key, the very
   * object, does not look it up again. O(1). Throws `STORAGE_CORRUPT`, `STORAGE_IO`.
   */
  head(key: Uint8Array): StoredHead | undefined {
    const address = this.#parts.index.find(key);
    if (address === 0) return undefined;
    return storedHead(this.#parts.reader.head());
  }

  /**
   * Value of the newest record of `key`, owned by the caller; undefined if there is none, or a delete, or if it has a
   * deadline that `hasCome` says has come. O(value). Throws `STORAGE_CORRUPT`, `STORAGE_IO`.
   */
  value(key: Uint8Array, hasCome: (expiresAt: number) => boolean): Uint8Array | undefined {
    const { index, reader } = this.#parts;
    if (index.find(key) === 0 || reader.isDelete) return undefined;
    const { expiresAt } = reader;
    if (expiresAt !== undefined && hasCome(expiresAt)) return undefined;
    return reader.isSeparated ? this.read(key)?.value : reader.copyInlineValue();
  }

  /** Newest record of `key` with its value, deletes included. O(value). Throws `STORAGE_CORRUPT`, `STORAGE_IO`. */
  read(key: Uint8Array): StoredEntry | undefined {
    const address = this.#parts.index.find(key);
    if (address === 0) return undefined;
    const { reader } = this.#parts;
    const head = reader.head();
    let value: Uint8Array = EMPTY;
    if (head.separated) {
      value = this.#parts.values.read(reader.pointer(head), head.valueBytes);
    } else if (head.valueBytes > 0) {
      value = reader.copyValue(head);
    }
    return { ...storedHead(head), value };
  }

  /** Keys that are neither deleted nor past their deadline at `now`. O(keys with a deadline). */
  liveKeys(now: number): number {
    return this.#parts.index.liveKeys(now);
  }

  /** Up to `limit` keys of the range that were ever written, in byte order. Borrowed: the caller only reads them. */
  collectKeys(range: KeyRange, reverse: boolean, limit: number): readonly Uint8Array[] {
    return this.#parts.index.collect(range, reverse, limit);
  }

  /**
   * Applies writes as one atomic unit and returns the sequence of the last. Visible at once. Throws with nothing
   * applied: `STORAGE_NO_SPACE` (earlier writes that no commit had covered are taken back too), `STORAGE_FULL`,
   * `STORAGE_BATCH_TOO_LARGE`, `STORAGE_READ_ONLY`, `STORAGE_POISONED`, `STORAGE_IO`. Where an older record of a key
   * cannot be read, `STORAGE_CORRUPT` or `STORAGE_IO`, and the store goes on.
   */
  apply(writes: readonly RecordWrite[]): number {
    this.#requireWritable();
    if (writes.length === 0) return this.lastSequence;
    this.#reopenLast();
    const valueIdFrom = this.#parts.progress.nextValueId;
    try {
      this.#beginWriting();
      this.#appender.append(writes);
    } catch (error) {
      this.#parts.values.discardFrom(valueIdFrom);
      throw error instanceof AppendRefused ? error.cause : this.#settled(error);
    }
    return this.lastSequence;
  }

  /**
   * Writes what was applied since the last commit to the log's file; `durable` adds the sync. Returns when it is
   * done. Throws `STORAGE_NO_SPACE` (the writes are taken back), `STORAGE_IO`, `STORAGE_POISONED`.
   */
  commit(durable: boolean): void {
    this.#requireWritable();
    if (!this.#log.isDirty) return;
    try {
      this.#log.commit(durable);
    } catch (error) {
      throw this.#settled(error);
    }
  }

  /**
   * As {@link commit}, by the commit runner. False if that cannot be: there is none, it is not up yet, or it is
   * busy. Else `onSettled` is called once, with what `commit` would have thrown if it failed; writes go on meanwhile.
   */
  commitInBackground(durable: boolean, onSettled: (failure: Error | undefined) => void): boolean {
    this.#requireWritable();
    if (!this.#log.isDirty || this.#commits < COMMITS_BEFORE_RUNNER) return false;
    try {
      return (
        this.#background?.begin(durable, (error) => {
          const failure = error === undefined ? undefined : this.#settled(error);
          onSettled(failure);
          return failure;
        }) ?? false
      );
    } catch (error) {
      throw this.#settled(error);
    }
  }

  /** Takes over the result of a commit in the background if it has come to its end; does not wait for it. */
  pollBackground(): void {
    this.#background?.poll();
  }

  /**
   * Writes records again that recovery found above the last proof, with their sequences kept, in as many groups as
   * memory and segments ask for. `finishRewriting` makes them the store's, all at once.
   */
  rewrite(records: readonly RewrittenRecord[]): void {
    for (const { head, key, value } of records) {
      this.#rewrittenSequence = head.sequence;
      this.#log.reserveOne(sizeOfHead(head));
      const renewed = { ...head, previous: this.#parts.index.find(key) };
      this.#parts.index.advance(this.#log.append(renewed, key, value), renewed);
    }
  }

  /** Makes what was written again durable, and the segments as they are now the store's. */
  finishRewriting(): void {
    this.#log.commit(true);
    this.#rewrittenSequence = 0;
    this.#parts.catalog.publish(false);
  }

  /** Commits, says so in the manifest, and gives everything back. A poisoned store only gives back. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    try {
      this.#background?.finish();
    } catch {
      // Whoever waited for the group was told.
    }
    try {
      if (this.#parts.lock !== undefined && this.#poison === undefined) {
        this.commit(true);
        const isTimeNoted = this.#parts.progress.clockHighWater > this.#clockHighWaterKept;
        if (!this.#isClean || isTimeNoted) this.#parts.catalog.publish(true);
      }
    } finally {
      this.#isClosed = true;
      this.#background?.close();
      this.#parts.values.close();
      this.#parts.segments.close();
      this.#parts.lock?.release();
    }
  }

  stats(): StoreStats {
    return {
      ...statsOf(this.#parts),
      openGroupBytes: this.#log.openBytes,
      durableSequence: this.#durableSequence,
      commits: this.#commits,
    };
  }

  /** Makes ready to continue the last segment, if it ended cleanly. A failure changes nothing. */
  #reopenLast(): void {
    const last = this.#parts.segments.last;
    if (!this.#isClean || last?.state !== SegmentState.active) return;
    try {
      last.reopenForWriting();
    } catch (error) {
      throw wrapFailure(last.path, 'open', error);
    }
  }

  /** Takes the mark of a clean end off the manifest, and continues the last segment if it ended cleanly. */
  #beginWriting(): void {
    if (!this.#isClean) return;
    this.#parts.catalog.publish(false);
    this.#isClean = false;
    const last = this.#parts.segments.last;
    if (last?.state === SegmentState.active) this.#log.continueSegment(last);
  }

  #requireWritable(): void {
    assert(!this.#isClosed, 'a closed store is not used');
    if (this.#parts.lock === undefined) {
      throw new CodedError('STORAGE_READ_ONLY', 'the store was opened for reading only');
    }
    if (this.#poison === undefined) return;
    throw new CodedError(
      'STORAGE_POISONED',
      'the store takes no writes after a failed write or sync; open it again',
      {
        cause: this.#poison,
      },
    );
  }

  /** Settles the store's state after a step that writes has failed, and returns what to throw. */
  #settled(error: unknown): Error {
    const failure = wrapFailure(this.#parts.segments.last?.path ?? '', 'write', error);
    if (failure.code === 'STORAGE_FULL' || failure.code === 'STORAGE_BATCH_TOO_LARGE') return failure;
    if (isNoSpaceFailure(failure)) this.#takeBack();
    else this.#poison = failure;
    return error instanceof InvariantError ? error : failure;
  }

  /** Undoes the open group in the index and leaves its segment. */
  #takeBack(): void {
    try {
      // A group that is being written is not taken back: it lands, and only what is younger is undone.
      this.#background?.finish();
    } catch {
      // Its failure has settled everything already.
      return;
    }
    try {
      const addresses = this.#log.unwritten().reverse();
      if (addresses.length > 0) this.#revokedSequence = this.lastSequence;
      for (const address of addresses) {
        this.#parts.reader.open(address);
        this.#parts.index.retreat(address, this.#parts.reader.head());
      }
      this.#parts.values.discardFrom(0);
      this.#log.abandonGroup();
    } catch (error) {
      this.#poison = wrapFailure(this.#parts.segments.last?.path ?? '', 'sync', error);
    }
  }
}

function sizeOfHead(head: RecordHead): number {
  return recordBytes(head.keyBytes, head.valueBytes, head.expiresAt !== undefined, head.separated);
}
