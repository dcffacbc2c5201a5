/**
 * Proves by types that a caller who submits a single command gets one outcome, a batch a list, and a command of
 * unknown kind either; and that both implementations are handles. Checked by the compiler, not at run time.
 */

import type { ApplyOutcome, BatchCommand, Command, DeleteCommand, SetCommand } from '@htkv/state';
import { expectTypeOf, test } from 'vitest';

import type { CommandSubmitter, SubmitBatchOptions, SubmitOptions } from '../src/command-submitter.ts';
import type { Durability } from '../src/durability.ts';
import type { LocalReplication } from '../src/local-replication.ts';
import type { NullReplication } from '../src/null-replication.ts';
import type { ReplicationHandle } from '../src/replication-handle.ts';

type One = Promise<ApplyOutcome>;
type Many = Promise<readonly ApplyOutcome[]>;
type Either = Promise<ApplyOutcome | readonly ApplyOutcome[]>;

test('the type of the answer follows the command', () => {
  const answersOf = (
    submitter: CommandSubmitter,
    set: SetCommand,
    removal: DeleteCommand,
    batch: BatchCommand,
  ) => [submitter.submit(set), submitter.submit(removal), submitter.submit(batch)] as const;
  expectTypeOf(answersOf).returns.toEqualTypeOf<readonly [One, One, Many]>();

  const answerOf = (submitter: CommandSubmitter, command: Command) => submitter.submit(command);
  expectTypeOf(answerOf).returns.toEqualTypeOf<Either>();
  expectTypeOf<CommandSubmitter['submitBatch']>().returns.toEqualTypeOf<Many>();
});

test('a local handle answers with the same types', () => {
  const answersOf = (handle: LocalReplication, set: SetCommand, batch: BatchCommand) =>
    [handle.submit(set), handle.submit(batch)] as const;
  expectTypeOf(answersOf).returns.toEqualTypeOf<readonly [One, Many]>();
});

test('both implementations are handles', () => {
  expectTypeOf<LocalReplication>().toExtend<ReplicationHandle>();
  expectTypeOf<NullReplication>().toExtend<ReplicationHandle>();
});

test('options are what they say', () => {
  expectTypeOf<Durability>().toEqualTypeOf<'memory' | 'os' | 'disk'>();
  expectTypeOf<SubmitOptions['durability']>().toEqualTypeOf<Durability | undefined>();
  expectTypeOf<SubmitBatchOptions['atomic']>().toEqualTypeOf<'perItem' | 'allOrNothing' | undefined>();
});
