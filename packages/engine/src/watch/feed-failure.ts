/** What a failure of the log means to those who follow it. */
import { CodedError } from '@htkv/state';
import { HistoryCompacted } from '@htkv/storage';

export function feedFailure(error: unknown): unknown {
  if (!(error instanceof HistoryCompacted)) return error;
  const { since, oldest } = error;
  return new CodedError(
    'ENGINE_SEQUENCE_COMPACTED',
    `changes behind sequence ${since} were asked for, and compaction has removed some of those up to ${oldest}: ` +
      `read the present state from a snapshot, and go on behind its sequence`,
    { details: { since, oldest }, cause: error },
  );
}
