/**
 * Changes that depend on what they change, as steps: from the entry of a key to the command that replaces it, and to
 * what the caller is told. The command carries the condition that the entry is still that one, so wherever and
 * whenever it is applied, it does what was decided, or nothing.
 */
import { CodedError, type Entry, type SetCommand, type SingleCommand } from '@htkv/state';

import { addToCounter, decodeCounter, encodeCounter } from './counter.ts';

/** What a step came to; no command if there is nothing to change. */
export interface Attempt<Result> {
  readonly command: SingleCommand | undefined;
  readonly result: Result;
}

/** Called again if the entry has changed before its command was applied. */
export type AtomicStep<Result> = (key: Uint8Array, entry: Entry | undefined) => Attempt<Result>;

/** Adds to a counter, an absent one being 0; a deadline stays. The result is the sum. */
export function incrementStep(by: number): AtomicStep<number> {
  return (key, entry) => {
    const sum = addToCounter(entry === undefined ? 0 : decodeCounter(entry.value), by);
    const set: SetCommand = { type: 'set', key, value: encodeCounter(sum), expiresAt: entry?.expiresAt };
    return { command: { ...set, ...stillIs(entry) }, result: sum };
  };
}

/** Replaces the value of a key that is present; its deadline stays unless `expiresAt` is given. Throws `ENGINE_KEY_ABSENT`. */
export function updateStep(
  change: (entry: Entry) => Uint8Array,
  expiresAt: number | undefined,
): AtomicStep<Uint8Array> {
  return (key, entry) => {
    if (entry === undefined) throw new CodedError('ENGINE_KEY_ABSENT', 'expected the key to be present');
    const value = change(entry);
    const set: SetCommand = { type: 'set', key, value, expiresAt: expiresAt ?? entry.expiresAt };
    return { command: { ...set, ...stillIs(entry) }, result: value };
  };
}

/** Deletes a key. The result is the entry that it had. */
export const consumeStep: AtomicStep<Entry | undefined> = (key, entry) => ({
  command: entry === undefined ? undefined : { type: 'delete', key, ifVersion: entry.version },
  result: entry,
});

function stillIs(entry: Entry | undefined): Pick<SetCommand, 'ifAbsent' | 'ifVersion'> {
  return entry === undefined ? { ifAbsent: true } : { ifVersion: entry.version };
}
