/**
 * The exit codes of every command, and what leads to them. Scripts rely on the numbers: a number never changes its
 * meaning, and a failure that has no number of its own is 1. The README and `--help` show the same list.
 */

/** What a shell sees of the outcome of a command. */
export const ExitCode = {
  /** It worked; also if the reader of the output went away before the end. */
  ok: 0,
  /** The operation failed. */
  failed: 1,
  /** The command line was wrong; nothing was done. */
  usage: 2,
  /** There is no such key, user or API key. */
  notFound: 3,
  /** Another process has the store open for writing. */
  locked: 4,
  /** The store, or the backup, is damaged. */
  corrupt: 5,
  /** The key is not as the condition of a write wants it; nothing was changed. */
  conflict: 6,
  /** Somebody interrupted it, and it came to an end where nothing is half done. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** The exit code for an error that carries `errorCode`. */
export function exitCodeFor(errorCode: string): ExitCode {
  switch (errorCode) {
    case 'CLI_USAGE':
    case 'VALIDATION_TYPE':
    case 'VALIDATION_RANGE':
      return ExitCode.usage;
    case 'CLI_KEY_NOT_FOUND':
    case 'CLI_PLACE_NOT_FOUND':
    case 'AUTH_USER_NOT_FOUND':
    case 'AUTH_API_KEY_NOT_FOUND':
      return ExitCode.notFound;
    case 'STORAGE_LOCKED':
      return ExitCode.locked;
    case 'CLI_BACKUP_DAMAGED':
    case 'CLI_DAMAGE_FOUND':
    case 'STORAGE_CORRUPT':
      return ExitCode.corrupt;
    case 'CLI_CONDITION':
      return ExitCode.conflict;
    case 'CLI_INTERRUPTED':
      return ExitCode.interrupted;
    default:
      return ExitCode.failed;
  }
}
