/**
 * Random commands for a replicated log: sets and deletes with and without versions, conditions and deadlines, batches,
 * and transactions. The log's clock begins at 1,000 and ticks once a command, so some deadlines come while commands run.
 */
import { SubmittedWrites, type SingleNodeEngine } from '@htkv/engine';
import type { ReplicationHandle } from '@htkv/replication';
import { errorCode, type SingleCommand } from '@htkv/state';
import * as fc from 'fast-check';

const key = fc.constantFrom('', 'a', 'ab', 'b', 'c', 'zz').map((text) => new TextEncoder().encode(text));
const value = fc.oneof(
  { weight: 9, arbitrary: fc.uint8Array({ maxLength: 12 }) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 2_000, max: 70_000 }).map((bytes) => new Uint8Array(bytes).fill(bytes)),
  },
);
const version = fc.option(fc.integer({ min: 1, max: 120 }), { nil: undefined, freq: 2 });
const expiresAt = fc.option(fc.integer({ min: 990, max: 1_080 }), { nil: undefined });
const ifVersion = fc.integer({ min: 1, max: 120 });

const set: fc.Arbitrary<SingleCommand> = fc
  .tuple(
    fc.record({ key, value, version, expiresAt }),
    fc.oneof(
      { weight: 4, arbitrary: fc.constant({}) },
      fc.record({ ifVersion }),
      fc.record({ ifAbsent: fc.constant(true) }),
      fc.record({ ifPresent: fc.constant(true) }),
    ),
  )
  .map(([fields, conditions]) => ({ type: 'set', ...fields, ...conditions }));
const removal: fc.Arbitrary<SingleCommand> = fc
  .tuple(
    fc.record({ key, version }),
    fc.oneof(
      { weight: 4, arbitrary: fc.constant({}) },
      fc.record({ ifVersion }),
      fc.record({ ifPresent: fc.constant(true) }),
    ),
  )
  .map(([fields, conditions]) => ({ type: 'delete', ...fields, ...conditions }));
const single = fc.oneof({ weight: 2, arbitrary: set }, { weight: 1, arbitrary: removal });

/** Submits something; what a transaction reads, it reads from `reader`, whose clock is that of the log. */
export type Submission = (
  handle: ReplicationHandle,
  reader: SingleNodeEngine,
  now: number,
) => Promise<unknown>;

/** A command or a batch. */
export const submissions: fc.Arbitrary<Submission> = fc.oneof(
  {
    weight: 3,
    arbitrary: single.map(
      (command): Submission =>
        (handle) =>
          handle.submit(command),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.array(single, { maxLength: 6 }),
        fc.constantFrom('perItem' as const, 'allOrNothing' as const, undefined),
      )
      .map(
        ([commands, atomic]): Submission =>
          (handle) =>
            handle.submitBatch(commands, { atomic }),
      ),
  },
);

/** A transaction that reads a key and a range, and writes or deletes another key; or a command, or a batch. */
export const submissionsAndTransactions: fc.Arbitrary<Submission> = fc.oneof(
  { weight: 4, arbitrary: submissions },
  {
    weight: 1,
    arbitrary: fc
      .tuple(key, key, key, fc.boolean())
      .map(([read, from, written, deletes]): Submission => async (handle, reader, now) => {
        const writes = new SubmittedWrites(reader, handle, () => now);
        try {
          return await writes.transaction(
            (tx) => {
              const seen = tx.getEntry(read)?.version ?? 0;
              const count = [...tx.entries({ gte: from, limit: 3 })].length;
              if (deletes) tx.delete(written);
              else tx.put(written, `${seen} ${count}`);
            },
            { attempts: 2 },
          );
        } catch (error) {
          // A deadline that comes with the very command.
          if (errorCode(error) === 'ENGINE_CONFLICT') return undefined;
          throw error;
        }
      }),
  },
);
