/**
 * The switches that every command understands and that matter before a command is found: `--quiet` and `--no-color`.
 * They are looked for in what was typed, up to a `--`; the parser knows them too, so that they appear in every help.
 */
import type { ConfigFile } from './config-file.ts';

export interface Switches {
  /** Words for a person are left out; failures are told. */
  readonly isQuiet: boolean;
  /** No colours, whatever the environment says. */
  readonly isPlain: boolean;
}

export function switchesOf(argv: readonly string[], config: ConfigFile): Switches {
  const end = argv.indexOf('--');
  const words = end === -1 ? argv : argv.slice(0, end);
  return {
    isQuiet: words.some((word) => word === '--quiet' || word === '-q') || config.quiet === true,
    isPlain: words.includes('--no-color') || config.color === false,
  };
}

/** What to put before other words so that they mean the same switches. */
export function switchWords({ isQuiet, isPlain }: Switches): readonly string[] {
  return [...(isQuiet ? ['--quiet'] : []), ...(isPlain ? ['--no-color'] : [])];
}
