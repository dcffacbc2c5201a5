/**
 * What every command is given, and the options that several commands have, in one wording. A command is a function
 * that adds itself to the program; its file under `commands` holds its arguments, its help and what it does.
 */
import { Option, type Command } from 'commander';

import type { ByteEncoding } from './byte-encoding.ts';
import type { Style } from './colours.ts';
import type { ConfigFile } from './config-file.ts';
import { chooseDataDir } from './data-dir.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Io } from './io.ts';
import type { Output } from './output.ts';

export interface CommandContext {
  readonly io: Io;
  /** Data, and nothing else. */
  readonly stdout: Output;
  /** Words for a person. */
  readonly stderr: Output;
  /** How words look on `stdout`. */
  readonly style: Style;
  /** Only data and failures are wanted. */
  readonly isQuiet: boolean;
  /** What need not be typed every time. */
  readonly config: ConfigFile;
  /** Runs another command in a world of its own, to its exit code. Never rejects. */
  readonly runWords: (words: readonly string[], io: Io) => Promise<ExitCode>;
}

/** Adds a command to the program. */
export type CommandDefinition = (program: Command, context: CommandContext) => void;

export interface EncodingOptions {
  readonly hex?: boolean;
  readonly base64?: boolean;
}

export interface JsonOption {
  readonly json?: boolean;
}

/** A command. `example` is one or more lines that a person can type. */
export function addCommand(program: Command, nameAndArguments: string, example: string): Command {
  return addSwitches(program.command(nameAndArguments)).addHelpText(
    'after',
    `\nExample:\n${example.replaceAll(/^/gm, '  ')}`,
  );
}

/** A command that works on a store. */
export function addStoreCommand(program: Command, nameAndArguments: string, example: string): Command {
  return addCommand(program, nameAndArguments, example).addOption(dataDirOption());
}

/** What every command understands. What the words mean is found in `switches.ts`. */
export function addSwitches(command: Command): Command {
  return command
    .addOption(new Option('-q, --quiet', 'say nothing but what was asked for, and failures'))
    .addOption(new Option('--no-color', 'no colours; so does NO_COLOR in the environment'));
}

export function dataDirOption(): Option {
  return new Option('-d, --data-dir <dir>', 'directory of the store; HTKV_DATA_DIR unless given');
}

/** Text of the command line that may be digits; `what` says which, and what is printed as such. */
export function addEncodingOptions(command: Command, what: string): Command {
  return command
    .addOption(new Option('--hex', `${what} as hexadecimal digits`).conflicts('base64'))
    .addOption(new Option('--base64', `${what} as base64`));
}

export function jsonOption(shape: string): Option {
  return new Option('--json', `print ${shape}`);
}

export function encodingOf(options: EncodingOptions): ByteEncoding {
  if (options.hex === true) return 'hex';
  return options.base64 === true ? 'base64' : 'utf8';
}

/** The directory that `command` is to work on. `argument` is the one among its arguments, for commands that take it. */
export function dataDirOf(command: Command, { io, config }: CommandContext, argument?: string): string {
  const option = command.opts<{ dataDir?: string }>().dataDir;
  let globalOption: string | undefined;
  for (let parent = command.parent; parent !== null; parent = parent.parent) {
    globalOption ??= parent.opts<{ dataDir?: string }>().dataDir;
  }
  return chooseDataDir({ option, globalOption, argument }, io.env, config.dataDir);
}
