/**
 * Completes a command before it enters a log: the version and timestamp that the caller left out. This is the last
 * place where a choice is made; from here on the command decides everything by itself.
 *
 * Commands are stamped one after the other, in the order in which they are applied.
 */

import { assert } from '@htkv/base';

import type {
  BatchCommand,
  Command,
  DeleteCommand,
  SetCommand,
  SingleCommand,
  StampedBatch,
  StampedCommand,
  StampedDelete,
  StampedSet,
  StampedSingle,
} from './command.ts';
import { isConditional } from './command.ts';
import type { EntryHead } from './entry.ts';
import { keyText } from './key-text.ts';
import type { HeadReader } from './state-port.ts';
import type { VersionCounter } from './version-counter.ts';

/** What stamping draws on. */
export interface StampSource {
  /** Gives versions, and is told of the ones that callers chose. */
  readonly counter: VersionCounter;
  /** The records that the command will meet. */
  readonly heads: HeadReader;
  /** Milliseconds since the epoch, for commands without their own. A clock that never steps back is best. */
  readonly timestamp: number;
}

/**
 * The complete form of a checked `command`: what the caller gave stays, what is missing is filled in. A version
 * that is filled in wins over the key's record and, inside a batch, over earlier items for the same key. Bytes are
 * shared with `command`; a command that is complete is returned as it is.
 *
 * @throws CodedError `STATE_VERSION_EXHAUSTED` if a key has the highest version there is
 */
export function stampCommand(command: SetCommand, source: StampSource): StampedSet;
export function stampCommand(command: DeleteCommand, source: StampSource): StampedDelete;
export function stampCommand(command: SingleCommand, source: StampSource): StampedSingle;
export function stampCommand(command: BatchCommand, source: StampSource): StampedBatch;
export function stampCommand(command: Command, source: StampSource): StampedCommand;
export function stampCommand(command: Command, source: StampSource): StampedCommand {
  assert(Number.isSafeInteger(source.timestamp), 'a timestamp to stamp with is a safe integer');
  if (command.type !== 'batch') return stampSingle(command, source, source.heads);
  const commands: StampedSingle[] = [];
  let within: HeadsWithin | undefined;
  for (const item of command.commands) {
    if (source.counter.exhausted) within ??= new HeadsWithin(source.heads, commands);
    const stamped = stampSingle(item, source, within ?? source.heads);
    within?.note(stamped);
    commands.push(stamped);
  }
  if (!isConditional(command) || command.timestamp !== undefined) return { ...command, commands };
  return { ...command, commands, timestamp: source.timestamp };
}

function stampSingle(command: SingleCommand, source: StampSource, heads: HeadReader): StampedSingle {
  const { counter } = source;
  if (command.version !== undefined) counter.observe(command.version);
  if (command.version !== undefined && command.timestamp !== undefined) return command as StampedSingle;
  const version = command.version ?? counter.next(heads.head(command.key));
  const timestamp = command.timestamp ?? source.timestamp;
  // Written out: copying the properties of an unknown shape costs more than all the rest of a put's stamping.
  if (command.type === 'delete') {
    const { type, key, ifVersion, ifPresent } = command;
    return { type, key, version, timestamp, ifVersion, ifPresent };
  }
  const { type, key, value, expiresAt, ifVersion, ifAbsent, ifPresent } = command;
  return { type, key, value, version, timestamp, expiresAt, ifVersion, ifAbsent, ifPresent };
}

/**
 * The heads as they are once the items stamped so far have been applied. The counter alone makes later items of a
 * batch newer than earlier ones, until it is exhausted; then this does.
 */
class HeadsWithin implements HeadReader {
  readonly #heads: HeadReader;
  readonly #noted: Map<string, EntryHead> = new Map();

  constructor(heads: HeadReader, stamped: readonly StampedSingle[]) {
    this.#heads = heads;
    for (const item of stamped) this.note(item);
  }

  head(key: Uint8Array): EntryHead | undefined {
    const noted = this.#noted.get(keyText(key));
    const known = this.#heads.head(key);
    if (noted === undefined) return known;
    return known !== undefined && known.version > noted.version ? known : noted;
  }

  note(item: StampedSingle): void {
    const text = keyText(item.key);
    const noted = this.#noted.get(text);
    if (noted !== undefined && noted.version >= item.version) return;
    const { version, timestamp } = item;
    this.#noted.set(text, { version, timestamp, deleted: item.type === 'delete' });
  }
}
