/** Which directory a command works on. There is no default: a store that nobody named is not to be changed. */
import { usage } from './failure.ts';
import type { Io } from './io.ts';

/** The places where a directory can be named. */
export interface NamedDirectories {
  /** The option, behind the command. */
  readonly option: string | undefined;
  /** The option, before the command. */
  readonly globalOption: string | undefined;
  /** The last argument, for commands that take it there. */
  readonly argument?: string | undefined;
}

/**
 * The directory that is meant: what the command line says, else the environment, else the configuration file. Throws
 * `CLI_USAGE`.
 */
export function chooseDataDir(named: NamedDirectories, env: Io['env'], configured?: string): string {
  const given = [named.argument, named.option, named.globalOption].filter(
    (directory) => directory !== undefined,
  );
  if (new Set(given).size > 1) throw usage('expected one data directory, got two');
  const directory = given[0] ?? env['HTKV_DATA_DIR'] ?? configured;
  if (directory === undefined) {
    throw usage('expected a data directory: --data-dir DIR, or HTKV_DATA_DIR in the environment');
  }
  if (directory === '' || directory.includes('\0')) {
    throw usage('expected the path of a data directory, got an empty one');
  }
  return directory;
}
