/**
 * The commands: everything that can ever happen to a state, as plain data.
 *
 * Commands can be kept in a log, sent over a wire and applied again elsewhere with the same result, because all
 * that decides their outcome is inside them. A version or timestamp that the caller leaves out is filled in once,
 * before the command enters a log (see `stamp.ts`); the stamped forms are what the state machine takes.
 *
 * An optional property that is present with the value `undefined`, and a condition that is `false`, mean the same as
 * one that is left out. Byte arrays inside a command are borrowed and must not change while anybody holds it.
 */

/** Longest key in bytes: its length fits 16 bits everywhere. The empty key is a key like any other. */
export const KEY_BYTES_MAX = 65_535;

/** Longest value in bytes, 256 MiB: one value stays far below what a single buffer and one write can carry. */
export const VALUE_BYTES_MAX = 268_435_456;

/** Makes `value` the entry of `key`, if its version is newer than all that the key has seen. */
export interface SetCommand {
  readonly type: 'set';
  /** 0 to {@link KEY_BYTES_MAX} bytes. */
  readonly key: Uint8Array;
  /** 0 to {@link VALUE_BYTES_MAX} bytes. */
  readonly value: Uint8Array;
  /** A safe integer from 1; decides which write to this key wins. */
  readonly version?: number | undefined;
  /** Milliseconds since the epoch; the command's "now". */
  readonly timestamp?: number | undefined;
  /** Milliseconds since the epoch; the entry is invisible from this moment on. */
  readonly expiresAt?: number | undefined;
  /** The key must be present with exactly this version. */
  readonly ifVersion?: number | undefined;
  /** The key must be absent. Contradicts the other two conditions. */
  readonly ifAbsent?: boolean | undefined;
  /** The key must be present. */
  readonly ifPresent?: boolean | undefined;
}

/** Makes `key` absent, if its version is newer than all that the key has seen. */
export interface DeleteCommand {
  readonly type: 'delete';
  /** 0 to {@link KEY_BYTES_MAX} bytes. */
  readonly key: Uint8Array;
  /** A safe integer from 1; decides which write to this key wins. */
  readonly version?: number | undefined;
  /** Milliseconds since the epoch; the command's "now". */
  readonly timestamp?: number | undefined;
  /** The key must be present with exactly this version. */
  readonly ifVersion?: number | undefined;
  /** The key must be present. */
  readonly ifPresent?: boolean | undefined;
}

/** A command about one key: what a batch is made of. */
export type SingleCommand = SetCommand | DeleteCommand;

/**
 * What a batch does about items that are stale or in conflict: `perItem` skips them and applies the rest,
 * `allOrNothing` applies nothing. Either way, what a batch applies is one atomic unit.
 */
export type Atomicity = 'perItem' | 'allOrNothing';

/** One key: present with exactly this version, or absent where no version is given. */
export interface KeyCondition {
  readonly key: Uint8Array;
  /** A safe integer from 1. */
  readonly version?: number | undefined;
}

/** The keys between two bounds; one that is left out does not bound. At most one of each side. */
export interface KeyBounds {
  readonly gt?: Uint8Array | undefined;
  readonly gte?: Uint8Array | undefined;
  readonly lt?: Uint8Array | undefined;
  readonly lte?: Uint8Array | undefined;
}

/** The present keys of a range and their versions are those of which this is the digest. */
export interface RangeCondition extends KeyBounds {
  /** Of `digestVersions`. */
  readonly digest: string;
}

/** Several commands as one atomic unit, in order; a later item sees what the earlier ones did. */
export interface BatchCommand {
  readonly type: 'batch';
  /** May be empty, and may name a key more than once. */
  readonly commands: readonly SingleCommand[];
  /** `perItem` when left out. */
  readonly atomic?: Atomicity | undefined;
  /** If one of these or of `ranges` does not hold, every item is a `conflict` and nothing is applied. */
  readonly conditions?: readonly KeyCondition[] | undefined;
  readonly ranges?: readonly RangeCondition[] | undefined;
  /** Milliseconds since the epoch; "now" for conditions and ranges, and only with those. */
  readonly timestamp?: number | undefined;
}

export type Command = SetCommand | DeleteCommand | BatchCommand;

/** A set that is complete: ready for a log and for the state machine. */
export interface StampedSet extends SetCommand {
  readonly version: number;
  readonly timestamp: number;
}

/** A delete that is complete: ready for a log and for the state machine. */
export interface StampedDelete extends DeleteCommand {
  readonly version: number;
  readonly timestamp: number;
}

export type StampedSingle = StampedSet | StampedDelete;

/** A batch of which every item is complete. */
export interface StampedBatch extends BatchCommand {
  readonly commands: readonly StampedSingle[];
}

export type StampedCommand = StampedSet | StampedDelete | StampedBatch;

/** Whether a batch has any condition of its own, and so a timestamp. */
export function isConditional(batch: BatchCommand): boolean {
  return (batch.conditions?.length ?? 0) + (batch.ranges?.length ?? 0) > 0;
}

/** Whether every part of `command` carries its version and timestamp. O(items). */
export function isStamped(command: Command): command is StampedCommand {
  if (command.type === 'batch') {
    return (command.timestamp !== undefined || !isConditional(command)) && command.commands.every(isStamped);
  }
  return command.version !== undefined && command.timestamp !== undefined;
}
