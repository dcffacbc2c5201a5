/** The commands of the program as a tree of words, for scripts that complete them. */
import type { Command } from 'commander';

export interface CompletedOption {
  /** With its dashes. */
  readonly long: string;
  readonly short: string | undefined;
  readonly description: string;
  readonly takesValue: boolean;
}

export interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  readonly commands: readonly CompletedCommand[];
}

export function commandTree(command: Command): CompletedCommand {
  const help = command.createHelp();
  return {
    name: command.name(),
    description: command.summary() === '' ? command.description() : command.summary(),
    options: help
      .visibleOptions(command)
      .flatMap(({ long, short, description, required, optional }) =>
        long === null || long === undefined
          ? []
          : [{ long, short: short ?? undefined, description, takesValue: required || optional }],
      ),
    commands: help
      .visibleCommands(command)
      .filter((each) => each.name() !== 'help')
      .map((each) => commandTree(each)),
  };
}

/** Each command with the names that lead to it, the program itself first. */
export function* pathsOf(
  command: CompletedCommand,
  path: readonly string[] = [],
): Generator<readonly [path: readonly string[], command: CompletedCommand], void, undefined> {
  yield [path, command];
  for (const child of command.commands) yield* pathsOf(child, [...path, child.name]);
}
