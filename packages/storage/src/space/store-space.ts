/**
 * Whether there is room on the device, and what is kept for when there is none.
 *
 * ```
 *  writes are taken -- a write finds no room --> writes are refused, the ballast is there to be given up
 *        ^                                            |
 *        +-- the ballast is whole, and a probe behind it finds room
 * ```
 *
 * While writes are refused, reads go on, and so does what frees room: compaction, which gives up the ballast for its
 * copies, and a number of deletions, which give up as much of it as they need. Whoever writes looks whether there is room
 * again. The state is shared by all threads of a store; all methods but {@link isOut} are called in a turn.
 */
import { errorCode } from '@htkv/base';

import type { ControlBlock } from '../control/control-block.ts';
import { Field } from '../control/store-fields.ts';
import { isNoSpace, noRoomYet } from '../failure.ts';
import type { FileSystem } from '../fs/file-system.ts';
import type { SegmentTable } from '../segment/segment-table.ts';
import { bytesOfWrite, type RecordWrite } from '../stored-record.ts';
import { Ballast, BALLAST_SLICE_BYTES } from './ballast.ts';

export interface SpaceSurroundings {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly control: ControlBlock;
  readonly segments: SegmentTable;
  readonly maxSegmentSize: number;
  /** The most that the ballast may take; 0 for none, and then every write looks for room itself. */
  readonly ballastBytes: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Why no writes are taken, and the ballast; sizes are bytes. */
export interface SpaceStats {
  /** Since when writes are refused for want of room, in milliseconds since the epoch; undefined where they are taken. */
  readonly noSpaceSince: number | undefined;
  readonly ballastBytes: number;
  /** What the ballast should have at the present size of the log. */
  readonly ballastBytesWanted: number;
  /** Why this thread could not make the ballast whole when it tried last. */
  readonly ballastFailure: string | undefined;
}

type Attempt = 'done' | 'noRoom' | 'failed';

/** What {@link StoreSpace.regain} has come to. */
export type RegainedRoom = 'whole' | 'more' | 'none';

/** The ballast of a store with next to no log, which is made when it is opened. */
const FIRST_BYTES = 128 * 1024;
/** What copying a segment takes besides its bytes: padding, sections, a header, manifests. */
const SLACK_SHARE = 1 / 16;
const SLACK_BYTES = 64 * 1024;
/** What a probe looks for behind the ballast, as a share of it. */
const PROBE_SHARE = 1 / 4;
/** Deletions may take this share of the ballast while nothing else is taken. */
const DELETES_SHARE = 1 / 4;
/** What a deletion gives up of it besides its own bytes, for its group and perhaps a segment. */
const DELETE_BYTES = 4096;
/** A thread rests for so many times as long as it took to find no room, up to a second. */
const RESTS_PER_PROBE = 20;
const REST_MS_MAX = 1000;

/** The most that the ballast of a store with such segments is ever good for: what emptying one can take. */
function usefulBytes(maxSegmentSize: number): number {
  return maxSegmentSize + Math.ceil(maxSegmentSize * SLACK_SHARE) + SLACK_BYTES;
}

export class StoreSpace {
  readonly #surroundings: SpaceSurroundings;
  readonly #control: ControlBlock;
  readonly #ballast: Ballast;
  readonly #limit: number;
  #failure: string | undefined;
  /** When this thread last found no room, and how long it does not look again. */
  #soughtAt = -Infinity;
  #restMs = 0;

  constructor(surroundings: SpaceSurroundings) {
    this.#surroundings = surroundings;
    this.#control = surroundings.control;
    this.#ballast = new Ballast(surroundings.fileSystem, surroundings.directory);
    this.#limit = Math.min(surroundings.ballastBytes, usefulBytes(surroundings.maxSegmentSize));
  }

  /** Whether writes are refused for want of room. At any time. */
  get isOut(): boolean {
    return this.#control.peek(Field.noSpaceSince) !== 0;
  }

  /** Whether the ballast is smaller than it should be at the present size of the log. O(segments). */
  get isGrowing(): boolean {
    return this.#held < this.#wanted;
  }

  get stats(): SpaceStats {
    const since = this.#control.get(Field.noSpaceSince);
    return {
      noSpaceSince: since === 0 ? undefined : since,
      ballastBytes: this.#held,
      ballastBytesWanted: this.#wanted,
      ballastFailure: this.#failure,
    };
  }

  /**
   * Takes over what an earlier process has left, and makes the beginning of what is wanted; the rest comes with
   * {@link grow}. `hasFile` says whether there is a file. Never throws.
   */
  adopt(hasFile: boolean): void {
    const found = hasFile ? this.#ballast.size() : 0;
    const held = Math.min(found, this.#limit);
    if (hasFile && (held < found || held === 0)) this.#ballast.cut(held);
    this.#hold(held);
    const first = Math.min(FIRST_BYTES, this.#limit);
    if (held < first) this.#extendTo(first);
  }

  /** Makes the ballast longer by up to a slice, if it should be; false if it is not. Never throws. */
  grow(): boolean {
    return this.isGrowing && this.#extendTo(this.#wanted) === 'done';
  }

  /** A write has found no room: from now on they are refused. */
  note(): void {
    if (this.#limit === 0 || this.#control.get(Field.noSpaceSince) !== 0) return;
    this.#control.stage(Field.noSpaceSince, Math.max(1, this.#surroundings.now()));
    this.#control.stage(Field.deletedWithoutSpace, 0);
    this.#control.publish();
  }

  /** Throws `STORAGE_NO_SPACE` if writes are refused for want of room, and there still is none. */
  require(writes: readonly RecordWrite[]): void {
    if (this.#control.get(Field.noSpaceSince) === 0 || this.regain() === 'whole') return;
    if (writes.every(({ type }) => type === 'delete') && this.#letsDelete(writes)) return;
    throw noRoomYet(this.#surroundings.directory);
  }

  /**
   * Looks for room: makes the ballast longer, by up to a slice, and where it is `whole`, looks whether there is room
   * behind it; then writes are taken again. `more` if there is more to do, `none` if there was no room. Never throws.
   */
  regain(): RegainedRoom {
    if (this.#control.get(Field.noSpaceSince) === 0) return 'whole';
    const now = this.#surroundings.now();
    if (now >= this.#soughtAt && now < this.#soughtAt + this.#restMs) return 'none';
    const found = this.#seek();
    if (found === 'whole') this.#control.set(Field.noSpaceSince, 0);
    if (found !== 'none') return found;
    this.#soughtAt = this.#surroundings.now();
    this.#restMs = Math.min(REST_MS_MAX, RESTS_PER_PROBE * Math.max(0, this.#soughtAt - now));
    return found;
  }

  /** Gives up the ballast, for what frees room; false if there was none. */
  release(): boolean {
    if (this.#held === 0) return false;
    this.#ballast.cut(0);
    this.#hold(0);
    return true;
  }

  /** A step of {@link regain}. A ballast that cannot be made for another reason than room is done without. */
  #seek(): RegainedRoom {
    if (this.isGrowing) {
      const result = this.#extendTo(this.#wanted);
      if (result === 'noRoom') return 'none';
      if (result === 'done' && this.isGrowing) return 'more';
    }
    const bytes = Math.min(BALLAST_SLICE_BYTES, Math.ceil(this.#wanted * PROBE_SHARE));
    return this.#attempt(() => this.#ballast.probe(this.#held, bytes)) === 'noRoom' ? 'none' : 'whole';
  }

  /** Makes the ballast up to a slice longer. */
  #extendTo(wanted: number): Attempt {
    const held = this.#held;
    const bytes = Math.min(BALLAST_SLICE_BYTES, wanted - held);
    const result = this.#attempt(() => this.#ballast.extend(held, bytes));
    if (result === 'done') this.#hold(held + bytes);
    return result;
  }

  #attempt(step: () => void): Attempt {
    try {
      step();
      this.#failure = undefined;
      return 'done';
    } catch (error) {
      this.#failure = errorCode(error) ?? String(error);
      // A file that may not grow says nothing of the device.
      return isNoSpace(error) && this.#failure !== 'EFBIG' ? 'noRoom' : 'failed';
    }
  }

  /** Deletions make garbage, and so room; they are let through as long as they leave enough for compaction. */
  #letsDelete(writes: readonly RecordWrite[]): boolean {
    const bytes = DELETE_BYTES + writes.reduce((sum, write) => sum + bytesOfWrite(write, false), 0);
    const spent = this.#control.get(Field.deletedWithoutSpace) + bytes;
    if (spent > this.#wanted * DELETES_SHARE) return false;
    this.#control.set(Field.deletedWithoutSpace, spent);
    const left = Math.max(0, this.#held - bytes);
    this.#ballast.cut(left);
    this.#hold(left);
    return true;
  }

  get #held(): number {
    return this.#control.get(Field.ballastBytes);
  }

  #hold(bytes: number): void {
    if (bytes !== this.#held) this.#control.set(Field.ballastBytes, bytes);
  }

  /** As much as there is log, rounded up to a power of two, within limits: a small store takes little for it. */
  get #wanted(): number {
    const logBytes = this.#surroundings.segments.inOrder.reduce((sum, { bytes }) => sum + bytes, 0);
    const rounded = 2 ** Math.ceil(Math.log2(Math.max(FIRST_BYTES, logBytes)));
    return Math.min(this.#limit, rounded);
  }
}
