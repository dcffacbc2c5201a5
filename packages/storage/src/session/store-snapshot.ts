/**
 * A store as it was at one place of the commit order. Nothing is copied: of each key, the newest record that is not
 * younger is found along the versions that records name, and whoever reclaims space leaves those alone.
 *
 * A write can be seen before it is durable, and so a snapshot may show writes that are taken back later, for want of
 * room. Such a snapshot shows what nobody can read any more, and says so from then on: `STORAGE_SNAPSHOT_REVOKED`.
 */
import { assert, CodedError } from '@htkv/base';

import type { ControlBlock } from '../control/control-block.ts';
import { Field } from '../control/store-fields.ts';
import type { RecordView } from '../record-view.ts';
import type { StoredEntry, StoredHead } from '../stored-record.ts';
import type { Publication } from './publication.ts';

/** What is known of a snapshot when it is taken. */
export interface SnapshotFigures {
  /** The last write that it shows. */
  readonly sequence: number;
  readonly highestVersion: number;
  /** Keys with a value; undefined where that depends on deadlines, and has to be counted. */
  readonly liveKeys: number | undefined;
  /** Milliseconds since the epoch. */
  readonly takenAt: number;
  readonly release: () => void;
}

export class StoreSnapshot {
  readonly sequence: number;
  readonly highestVersion: number;
  readonly liveKeys: number | undefined;
  readonly takenAt: number;
  readonly #release: () => void;
  readonly #view: RecordView;
  readonly #publication: Publication;
  readonly #control: ControlBlock;
  /** Times that writes were taken back, when the snapshot was taken. */
  readonly #revocations: number;
  /** Whether nothing that it shows can be taken back any more. */
  #isSettled: boolean;
  #isRevoked = false;
  #isReleased = false;
  /** Count of the publication at which nothing had been taken back. */
  #markSeen: number;

  /** In a turn. */
  constructor(view: RecordView, publication: Publication, control: ControlBlock, figures: SnapshotFigures) {
    this.sequence = figures.sequence;
    this.highestVersion = figures.highestVersion;
    this.liveKeys = figures.liveKeys;
    this.takenAt = figures.takenAt;
    this.#release = figures.release;
    this.#view = view;
    this.#publication = publication;
    this.#control = control;
    this.#revocations = control.get(Field.revocations);
    this.#isSettled = control.get(Field.writtenSequence) >= figures.sequence;
    this.#markSeen = publication.mark;
  }

  /** As {@link RecordView.head}, of that time. Throws `STORAGE_SNAPSHOT_REVOKED` too, as all of these do. */
  head(key: Uint8Array): StoredHead | undefined {
    return this.#whole(() => this.#view.head(key, this.sequence));
  }

  value(key: Uint8Array, hasCome: (expiresAt: number) => boolean): Uint8Array | undefined {
    assert(!this.#isReleased, 'a released snapshot is not read');
    // What can be taken back no more cannot fail for that reason either.
    if (this.#isSettled) return this.#view.value(key, hasCome, this.sequence);
    return this.#whole(() => this.#view.value(key, hasCome, this.sequence));
  }

  valueInto(
    key: Uint8Array,
    hasCome: (expiresAt: number) => boolean,
    target: Uint8Array,
    offset: number,
  ): number {
    return this.#whole(() => this.#view.valueInto(key, hasCome, target, offset, this.sequence));
  }

  entry(key: Uint8Array): StoredEntry | undefined {
    return this.#whole(() => this.#view.entry(key, this.sequence));
  }

  /** Throws if writes that the snapshot shows were taken back. */
  requireWhole(): void {
    if (this.#isSettled) return;
    const { mark } = this.#publication;
    if (mark === this.#markSeen) return;
    this.#settle();
    if (this.#isRevoked) throw revoked();
    this.#markSeen = mark;
  }

  /** Lets what only this snapshot can see be removed. Idempotent. */
  release(): void {
    this.#isReleased = true;
    this.#release();
  }

  /** A read that fails because what it looked for is being taken back says that instead. */
  #whole<Result>(read: () => Result): Result {
    assert(!this.#isReleased, 'a released snapshot is not read');
    let result: Result;
    try {
      result = read();
    } catch (error) {
      this.requireWhole();
      throw error;
    }
    this.requireWhole();
    return result;
  }

  #settle(): void {
    const control = this.#control;
    const written = control.peek(Field.writtenSequence);
    for (;;) {
      const revocations = control.peek(Field.revocations);
      const revokedAfter = control.peek(Field.revokedAfter);
      if (control.peek(Field.revocations) !== revocations) continue;
      const missed = (revocations - this.#revocations) | 0;
      // What was written before anything was taken back stays.
      if (missed === 0) this.#isSettled = written >= this.sequence;
      else if (missed === 1 && this.sequence <= revokedAfter) this.#isSettled = true;
      // Of several times, only the last is known: what the others took may be in here.
      else this.#isRevoked = true;
      return;
    }
  }
}

function revoked(): CodedError {
  return new CodedError(
    'STORAGE_SNAPSHOT_REVOKED',
    'the snapshot shows writes that were taken back since, for want of room',
  );
}
