/** Words for a person, on `stderr`: never data, and never where `--quiet` was asked for. */
import type { CommandContext } from './command-context.ts';

/** Says `text` where a person is looking: scripts need no word about what they asked for. */
export async function confirmDone({ stderr, isQuiet }: CommandContext, text: string): Promise<void> {
  if (stderr.isTerminal && !isQuiet) await stderr.write(`${text}\n`);
}

/** Says `text`, which is worth knowing also in the log of a script. */
export async function say({ stderr, isQuiet }: CommandContext, text: string): Promise<void> {
  if (!isQuiet) await stderr.write(`${text}\n`);
}
