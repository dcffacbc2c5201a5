/**
 * The failures that a command has of its own, and the one line that any failure becomes. A message never holds a
 * key or a value, and a line never breaks a terminal, whatever the names of files are.
 */
import { CodedError, errorCode } from '@htkv/engine';

import { withoutControls } from './printable.ts';

/** The command line is wrong. Nothing was done. */
export function usage(message: string): CodedError {
  return new CodedError('CLI_USAGE', message);
}

export function keyNotFound(): CodedError {
  return new CodedError('CLI_KEY_NOT_FOUND', 'there is no such key');
}

/** A value could not be read from where it was to come from. */
export function inputFailure(message: string, cause: unknown): CodedError {
  const reason = errorCode(cause) ?? 'unknown reason';
  return new CodedError('CLI_INPUT', `${message} (${reason})`, { cause });
}

/** Output got lost on its way, for another reason than that its reader went away. */
export function outputFailure(cause: unknown): CodedError {
  const reason = errorCode(cause) ?? 'unknown reason';
  return new CodedError('CLI_OUTPUT', `cannot write the output: ${reason}`, { cause });
}

/** The code that a failure is reported under; what nobody foresaw has one, too. */
export function reportedCode(error: unknown): string {
  return errorCode(error) ?? 'CLI_UNEXPECTED';
}

/** The one line that is told about a failure, with its end of line. */
export function errorLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return `error: ${withoutControls(message)} (${reportedCode(error)})\n`;
}
