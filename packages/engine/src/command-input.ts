/** Commands as callers write them: like those of the state machine, with text allowed for keys and values. */
import {
  checkCommand,
  type BatchCommand,
  type Command,
  type DeleteCommand,
  type SetCommand,
} from '@htkv/state';

import { textBytes, type BytesLike } from './key-bytes.ts';

/** A set or delete whose key and value may be text. */
export type SingleInput =
  | (Omit<SetCommand, 'key' | 'value'> & { readonly key: BytesLike; readonly value: BytesLike })
  | (Omit<DeleteCommand, 'key'> & { readonly key: BytesLike });

export type BatchInput = Omit<BatchCommand, 'commands'> & { readonly commands: readonly SingleInput[] };

export type CommandInput = SingleInput | BatchInput;

/** The command in bytes, checked. Throws a `TypeError` or `RangeError`. O(items). */
export function commandFrom(input: CommandInput): Command {
  const command = inBytes(input);
  checkCommand(command);
  return command;
}

/** Turns text into bytes wherever it stands; everything else passes as it is, for the check to judge. */
function inBytes(input: unknown): unknown {
  if (typeof input !== 'object' || input === null) return input;
  const fields = input as Readonly<Record<string, unknown>>;
  const commands = fields['commands'];
  if (Array.isArray(commands)) return { ...fields, commands: commands.map(inBytes) };
  const key = fields['key'];
  const value = fields['value'];
  if (typeof key !== 'string' && typeof value !== 'string') return input;
  return {
    ...fields,
    ...(typeof key === 'string' ? { key: textBytes(key) } : {}),
    ...(typeof value === 'string' ? { value: textBytes(value) } : {}),
  };
}
