/**
 * The master key, which a command line never holds: other users of the machine could read it there. It comes from a
 * file or the environment, as 64 hexadecimal digits, as base64, or, in a file, as its 32 bytes.
 */
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';

import { Option, type Command } from 'commander';

import type { CommandContext } from './command-context.ts';
import { inputFailure, usage } from './failure.ts';

const KEY_BYTES = 32;
const FORMS = [
  { pattern: /^[0-9a-fA-F]{64}$/, encoding: 'hex' },
  { pattern: /^[A-Za-z0-9+/]{43}=$/, encoding: 'base64' },
] as const;

export function masterKeyOption(): Option {
  return new Option('--master-key-file <file>', 'file with the master key; HTKV_MASTER_KEY unless given');
}

/** The key, owned by the caller. Throws `CLI_USAGE` or `CLI_INPUT`, neither with a part of it. */
export function readMasterKey(command: Command, { io, config }: CommandContext): Uint8Array {
  const option = command.opts<{ masterKeyFile?: string }>().masterKeyFile;
  const inEnvironment = io.env['HTKV_MASTER_KEY'];
  const path = option ?? (inEnvironment === undefined ? config.masterKeyFile : undefined);
  if (path !== undefined) return keyOfFile(path);
  if (inEnvironment === undefined) {
    throw usage('expected the master key: --master-key-file FILE, or HTKV_MASTER_KEY in the environment');
  }
  return keyOfText(inEnvironment, 'HTKV_MASTER_KEY');
}

function keyOfFile(path: string): Uint8Array {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw inputFailure('cannot read the file with the master key', error);
  }
  return bytes.length === KEY_BYTES ? new Uint8Array(bytes) : keyOfText(bytes.toString('latin1'), 'the file');
}

function keyOfText(text: string, place: string): Uint8Array {
  const digits = text.trim();
  const form = FORMS.find(({ pattern }) => pattern.test(digits));
  if (form === undefined) {
    throw usage(`expected ${place} to hold a key of ${KEY_BYTES} bytes, in hexadecimal digits or base64`);
  }
  return new Uint8Array(Buffer.from(digits, form.encoding));
}
