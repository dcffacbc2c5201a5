/**
 * Deletes that need not become commands. A delete without a version and without conditions, of a key that has no
 * record at all, finds the store as it leaves it: it is answered here and costs no record. It is dropped before it
 * is ordered, so it takes no place in the commit order and no later write is older than it.
 */
import {
  isConditional,
  toHex,
  type ApplyOutcome,
  type BatchCommand,
  type Command,
  type HeadReader,
  type SingleCommand,
} from '@htkv/state';

/** Whether `command` would change nothing in a store of `heads`. */
export function isBlindDelete(command: Command, heads: HeadReader): boolean {
  if (command.type !== 'delete' || command.version !== undefined) return false;
  if (command.ifVersion !== undefined || command.ifPresent === true) return false;
  return heads.head(command.key) === undefined;
}

/** A batch without its blind deletes. */
export interface TrimmedBatch {
  readonly commands: readonly SingleCommand[];
  /** Puts the outcomes of the remaining commands back among those of the dropped ones, `removed`. */
  readonly restore: (outcomes: readonly ApplyOutcome[]) => readonly ApplyOutcome[];
}

/** Drops blind deletes of keys that no earlier item of the batch names, unless their outcome is open. O(items). */
export function trimBatch(batch: BatchCommand, heads: HeadReader): TrimmedBatch {
  const { commands } = batch;
  // Naming keys costs more than deciding about them, and most batches have no such delete.
  if (isConditional(batch) || !commands.some((command) => isBlindDelete(command, heads))) {
    return { commands, restore: (outcomes) => outcomes };
  }
  const isDropped = new Set<number>();
  const named = new Set<string>();
  commands.forEach((command, index) => {
    const name = toHex(command.key);
    if (!named.has(name) && isBlindDelete(command, heads)) isDropped.add(index);
    else named.add(name);
  });
  return {
    commands: commands.filter((_, index) => !isDropped.has(index)),
    restore: (outcomes) => {
      const remaining = outcomes[Symbol.iterator]();
      return commands.map((_, index) => (isDropped.has(index) ? 'removed' : remaining.next().value!));
    },
  };
}
