/**
 * The rules: which write wins, as one pure function of a stamped command and what is known of its key.
 *
 *   known of the key           | condition          | version        | set          | delete
 *   ---------------------------+--------------------+----------------+--------------+--------------
 *   anything                   | does not hold      | any            | conflict     | conflict
 *   entry, expired or tombstone| holds or none      | <= the known   | ignoredStale | ignoredStale
 *   entry, expired or tombstone| holds or none      | >  the known   | applied      | removed
 *   nothing, or forgotten      | holds or none      | any            | applied      | removed
 *
 * "Now" is the command's own timestamp, so every replay decides the same. A key is absent for conditions if it has
 * no record, a tombstone, or an entry that has expired by then. `ifVersion` and `ifPresent` hold only for a
 * present key. For versions, a tombstone or an expired entry counts like any other record, until it is forgotten: for ever
 * unless there is a grace, in milliseconds from the deletion or the deadline on.
 */

import { assert } from '@htkv/base';

import type { ApplyOutcome } from './apply-outcome.ts';
import type { StampedSingle } from './command.ts';
import type { EntryHead } from './entry.ts';
import { isForgotten, isPresent } from './entry.ts';

/**
 * The outcome of `command` for a key of which `head` is known. `applied` and `removed` leave a record behind, the
 * other two leave nothing.
 *
 * A delete leaves its tombstone even where nothing was known: it must beat an older set that arrives later, live
 * and after replay. Whoever orders the commands may answer a delete without a version for a key that was never
 * written with `removed` and make no command of it; here that case does not exist, because every command has a
 * version.
 *
 * Whoever removes what is forgotten changes no outcome, if no later command has an earlier timestamp.
 */
export function decide(
  command: StampedSingle,
  head: EntryHead | undefined,
  graceMs: number = Number.POSITIVE_INFINITY,
): ApplyOutcome {
  assert(Number.isSafeInteger(command.version) && command.version > 0, 'a command to decide has a version');
  assert(Number.isSafeInteger(command.timestamp), 'a command to decide has a timestamp');
  if (!conditionsHold(command, head)) return 'conflict';
  const isStale = head !== undefined && command.version <= head.version;
  if (isStale && !isForgotten(head, command.timestamp, graceMs)) return 'ignoredStale';
  return command.type === 'set' ? 'applied' : 'removed';
}

function conditionsHold(command: StampedSingle, head: EntryHead | undefined): boolean {
  if (command.ifVersion !== undefined) {
    if (!isPresent(head, command.timestamp) || head.version !== command.ifVersion) return false;
  }
  if (command.ifPresent === true && !isPresent(head, command.timestamp)) return false;
  if (command.type === 'delete' || command.ifAbsent !== true) return true;
  return !isPresent(head, command.timestamp);
}
