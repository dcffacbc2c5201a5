/**
 * Which commands there are, in the order of the help. Each is loaded when it is needed, because a `get` that loads
 * every other command takes twice as long.
 */
import type { CommandDefinition } from './command-context.ts';

type LoadCommand = () => Promise<CommandDefinition>;

const COMMANDS: readonly (readonly [name: string, load: LoadCommand])[] = [
  ['put', async () => (await import('./commands/put.ts')).addPut],
  ['get', async () => (await import('./commands/get.ts')).addGet],
  ['delete', async () => (await import('./commands/delete.ts')).addDelete],
  ['has', async () => (await import('./commands/has.ts')).addHas],
  ['list', async () => (await import('./commands/list.ts')).addList],
  ['scan', async () => (await import('./commands/scan.ts')).addScan],
  ['keys', async () => (await import('./commands/keys.ts')).addKeys],
  ['count', async () => (await import('./commands/count.ts')).addCount],
  ['watch', async () => (await import('./commands/watch.ts')).addWatch],
  ['import', async () => (await import('./commands/import.ts')).addImport],
  ['export', async () => (await import('./commands/export.ts')).addExport],
  ['bench', async () => (await import('./commands/bench.ts')).addBench],
  ['stats', async () => (await import('./commands/stats.ts')).addStats],
  ['segments', async () => (await import('./commands/segments.ts')).addSegments],
  ['space', async () => (await import('./commands/space.ts')).addSpace],
  ['inspect', async () => (await import('./commands/inspect.ts')).addInspect],
  ['compact', async () => (await import('./commands/compact.ts')).addCompact],
  ['checkpoint', async () => (await import('./commands/checkpoint.ts')).addCheckpoint],
  ['check', async () => (await import('./commands/check.ts')).addCheck],
  ['salvage', async () => (await import('./commands/salvage.ts')).addSalvage],
  ['backup', async () => (await import('./commands/backup.ts')).addBackup],
  ['restore', async () => (await import('./commands/restore.ts')).addRestore],
  ['upgrade', async () => (await import('./commands/upgrade.ts')).addUpgrade],
  ['unlock', async () => (await import('./commands/unlock.ts')).addUnlock],
  ['list-users', async () => (await import('./commands/list-users.ts')).addListUsers],
  ['user', async () => (await import('./commands/user.ts')).addUser],
  ['apikey', async () => (await import('./commands/apikey.ts')).addApiKey],
  ['shell', async () => (await import('./commands/shell.ts')).addShell],
  ['completion', async () => (await import('./commands/completion.ts')).addCompletion],
];

/** These speak of all commands. */
const NEED_ALL: ReadonlySet<string> = new Set(['shell', 'completion', 'help']);
/** Options before a command that take a word. */
const TAKE_A_WORD: ReadonlySet<string> = new Set(['-d', '--data-dir']);

/** What `argv` needs: the command that it names, or all of them where it names none or one that speaks of all. */
export async function neededCommands(argv: readonly string[]): Promise<readonly CommandDefinition[]> {
  const word = commandWord(argv);
  const named = word === undefined || NEED_ALL.has(word) ? [] : COMMANDS.filter(([name]) => name === word);
  const needed = named.length > 0 ? named : COMMANDS;
  return Promise.all(needed.map(([, load]) => load()));
}

/** The first word that is neither an option nor what an option takes. */
function commandWord(argv: readonly string[]): string | undefined {
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index]!;
    if (TAKE_A_WORD.has(word)) index += 1;
    else if (!word.startsWith('-')) return word;
  }
  return undefined;
}
