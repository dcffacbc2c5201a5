/**
 * The command line: which commands there are, their help, and what becomes of a wrong one. Nothing here touches a
 * store.
 */
import { Command, CommanderError } from 'commander';

import {
  addSwitches,
  dataDirOption,
  type CommandContext,
  type CommandDefinition,
} from './command-context.ts';
import { neededCommands } from './command-list.ts';
import { usage } from './failure.ts';

const MORE_HELP = `
Keys and values are text as it is typed, or digits with --hex or --base64. A word that begins with a dash
comes after --, as in: htkvctl get --data-dir ./kv-data -- -1

Commands that only read create, change and lock nothing, and work beside a service that has the store open.

Exit codes:
  0  it worked
  1  it failed
  2  the command line was wrong
  3  there is no such key, user or API key
  4  another process has the store open for writing
  5  the store, or the backup, is damaged
  6  a condition such as --if-absent does not hold; nothing was changed
  130  it was interrupted, and came to an end where nothing is half done

Example:
  htkvctl put --data-dir ./kv-data greeting hello
  htkvctl get --data-dir ./kv-data greeting
  htkvctl help list`;

/**
 * Does what the arguments say. Rejects with `CLI_USAGE` if they say nothing that can be done, and as the command
 * does. Help and version go to `stdout`.
 */
export async function runProgram(
  argv: readonly string[],
  version: string,
  context: CommandContext,
): Promise<void> {
  const help: string[] = [];
  const program = createProgram(version, context, help, await neededCommands(argv));
  try {
    if (argv.length === 0) throw usage(`expected a command: ${names(program)}; see htkvctl --help`);
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw usage(explanation(error, names(groupOf(program, argv))));
  }
  for (const text of help) await context.stdout.write(text);
}

function createProgram(
  version: string,
  context: CommandContext,
  help: string[],
  commands: readonly CommandDefinition[],
): Command {
  const { stdout, style } = context;
  const program = addSwitches(new Command('htkvctl'))
    .description('Look into a Hightower KV store, and change it, from a shell.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .addOption(dataDirOption())
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({ styleTitle: style.heading })
    .configureOutput({
      writeOut: (text) => help.push(text),
      // Whatever is wrong is told in one line by whoever catches the error.
      writeErr: () => {},
      getOutHelpWidth: () => (stdout.isTerminal ? stdout.columns : undefined) ?? 80,
      getOutHasColors: () => true,
    })
    .addHelpText('after', MORE_HELP.replaceAll(/^.+:$/gm, style.heading));
  for (const addCommand of commands) addCommand(program, context);
  return program;
}

function names(program: Command): string {
  return program.commands.map((command) => command.name()).join(', ');
}

/** The command whose commands were to be chosen from: one that has some, as `user` has, or the whole program. */
function groupOf(program: Command, argv: readonly string[]): Command {
  const group = program.commands.find((command) => argv.includes(command.name()));
  return group !== undefined && group.commands.length > 0 ? group : program;
}

/** What is wrong, in one line, without the words that may be a key or a value. */
function explanation(error: CommanderError, commands: string): string {
  const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  switch (error.code) {
    case 'commander.help':
      return `expected one of the commands ${commands}`;
    case 'commander.excessArguments':
      return 'too many arguments; a key or value with blanks needs quotes';
    case 'commander.unknownOption':
      // A word such as `--verbose` is taken for an option, anything else may be a key or a value.
      return /^unknown option '--[a-z][a-z-]*'/.test(message)
        ? message
        : 'unknown option; a key or value that begins with a dash comes after --';
    default:
      return message;
  }
}
