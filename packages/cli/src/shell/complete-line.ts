/** What may follow in the shell: commands, options, and, where a key is asked for, keys that the store has. */
import type { CompletedCommand } from '../completion/command-tree.ts';
import { quoteWord } from './split-words.ts';

/** Commands whose first argument is a key. */
const KEY_COMMANDS: ReadonlySet<string> = new Set(['get', 'has', 'put', 'delete']);

/** Keys that begin with a text, a few of them. */
export type FindKeys = (prefix: string) => Promise<readonly string[]>;

/** Completions of the last word of `line`, and that word. */
export async function completeLine(
  line: string,
  program: CompletedCommand,
  findKeys: FindKeys,
): Promise<[completions: string[], word: string]> {
  const words = line.split(/\s+/);
  const word = words.pop() ?? '';
  let command = program;
  for (const each of words) command = command.commands.find(({ name }) => name === each) ?? command;
  if (word.startsWith('-')) {
    return [command.options.map(({ long }) => long).filter((long) => long.startsWith(word)), word];
  }
  const names = command.commands.map(({ name }) => name).filter((name) => name.startsWith(word));
  if (names.length > 0 || command === program) return [names, word];
  const isKeyNext =
    KEY_COMMANDS.has(command.name) && words.filter((each) => !each.startsWith('-')).length === 1;
  const keys = isKeyNext ? await findKeys(word) : [];
  return [keys.map(quoteWord), word];
}
