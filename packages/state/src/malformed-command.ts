/**
 * The one error of decoding: these bytes are not a command.
 */

import { CodedError } from '@htkv/base';

/**
 * The error for bytes that are not what the format asks for at `offset`, counted from the start of the bytes that
 * were to be decoded. Neither text contains anything of a key or a value.
 */
export function malformed(
  offset: number,
  expected: string,
  found: string,
): CodedError<'STATE_MALFORMED_COMMAND'> {
  const message = `expected ${expected} at offset ${offset} of a command, found ${found}`;
  return new CodedError('STATE_MALFORMED_COMMAND', message, { details: { offset, expected, found } });
}
