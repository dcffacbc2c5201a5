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

/** The key is not as it had to be for the write. */
export function conditionFailed(): CodedError {
  return new CodedError('CLI_CONDITION', 'the condition does not hold; nothing was changed');
}

/** Somebody interrupted the command, which has come to an orderly end. */
export function interrupted(): CodedError {
  return new CodedError('CLI_INTERRUPTED', 'interrupted; nothing is half done');
}

/** What a check of a store has come to. */
export function damageFound(count: number): CodedError {
  return new CodedError(
    'CLI_DAMAGE_FOUND',
    `the store is damaged in ${count} ${count === 1 ? 'place' : 'places'}`,
  );
}

export function passwordWrong(): CodedError {
  return new CodedError('CLI_PASSWORD_WRONG', 'the old password is wrong, or there is no such user');
}

export function apiKeyNotFound(): CodedError {
  return new CodedError('AUTH_API_KEY_NOT_FOUND', 'there is no such API key');
}

export function userNotFound(): CodedError {
  return new CodedError('AUTH_USER_NOT_FOUND', 'there is no such user');
}

/** A store without its manifest: only what lies in the other files can be told. */
export function noManifest(directory: string): CodedError {
  return new CodedError('CLI_DAMAGE_FOUND', `the store in ${directory} has no manifest`, {
    details: { path: directory },
  });
}

/** Something that was asked for by its place is not there. */
export function noSuchPlace(what: string): CodedError {
  return new CodedError('CLI_PLACE_NOT_FOUND', `there is no ${what}`);
}

/** Somebody was asked, and said no. */
export function declined(): CodedError {
  return new CodedError('CLI_DECLINED', 'not confirmed; nothing was done');
}

/** Something is where nothing may be. */
export function targetTaken(path: string, expected: string): CodedError {
  return new CodedError('CLI_TARGET_TAKEN', `expected ${expected}, and ${path} is not; nothing was done`, {
    details: { path },
  });
}

/** What was read is not what a command can take. `place` says where, as in `line 7`. */
export function malformedInput(place: string, expected: string): CodedError {
  return new CodedError('CLI_INPUT', `expected ${expected} at ${place}`);
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
