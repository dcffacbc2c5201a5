/**
 * Runs transactions: an attempt is a snapshot, the function, and one command; where something that it has read was
 * changed meanwhile, the command changes nothing and there is another attempt.
 */
import {
  ArgumentRangeError,
  ArgumentTypeError,
  changesState,
  checkTimestamp,
  errorCode,
  type ApplyOutcome,
  type BatchCommand,
} from '@htkv/state';

import { tooManyConflicts } from '../failure.ts';
import { checkKnownOptions } from '../known-options.ts';
import type { KvSnapshot } from '../kv-reader.ts';
import { checkFunction, isPromise } from '../snapshot/read-with.ts';
import { checkDurability } from '../store-config.ts';
import type { KvTransaction, TransactionOptions } from './kv-transaction.ts';
import { Transaction } from './transaction.ts';

const ATTEMPTS = 100;

/** What a transaction runs on; `Outcomes` is what submitting gives. */
export interface TransactionSurroundings<Outcomes> {
  snapshot(): KvSnapshot;
  submit(command: BatchCommand): Outcomes;
}

/** Rejects with what `body` throws, with what submitting rejects with, and with `ENGINE_CONFLICT` at last. */
export async function runTransaction<Result>(
  surroundings: TransactionSurroundings<Promise<readonly ApplyOutcome[]>>,
  body: (transaction: KvTransaction) => Result | Promise<Result>,
  options: TransactionOptions,
): Promise<Result> {
  const attempts = checkTransaction(body, options);
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const view = surroundings.snapshot();
    const transaction = new Transaction(view, attempt);
    try {
      const result = await body(transaction);
      const { command } = transaction;
      // What would be written from now on would be lost without a word.
      transaction.end();
      if (command === undefined || isMade(await surroundings.submit(command))) return result;
    } catch (error) {
      if (!isRevocation(error)) throw error;
    } finally {
      transaction.end();
      view[Symbol.dispose]();
    }
  }
  throw tooManyConflicts(attempts);
}

/** As {@link runTransaction}, all at once. Throws a `TypeError` if `body` returns a promise. */
export function runTransactionSync<Result>(
  surroundings: TransactionSurroundings<readonly ApplyOutcome[]>,
  body: (transaction: KvTransaction) => Result,
  options: TransactionOptions,
): Result {
  const attempts = checkTransaction(body, options);
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const view = surroundings.snapshot();
    const transaction = new Transaction(view, attempt);
    try {
      const result = body(transaction);
      requireNoPromise(result);
      const { command } = transaction;
      if (command === undefined || isMade(surroundings.submit(command))) return result;
    } catch (error) {
      if (!isRevocation(error)) throw error;
    } finally {
      transaction.end();
      view[Symbol.dispose]();
    }
  }
  throw tooManyConflicts(attempts);
}

function isMade(outcomes: readonly ApplyOutcome[]): boolean {
  return outcomes.every(changesState);
}

/** What it has read was taken back: as good as changed by somebody else. */
function isRevocation(error: unknown): boolean {
  return errorCode(error) === 'STORAGE_SNAPSHOT_REVOKED';
}

function requireNoPromise(result: unknown): void {
  if (!isPromise(result)) return;
  // It fails as soon as it goes on, and the caller is told here.
  result.then(undefined, () => undefined);
  throw new ArgumentTypeError(
    'expected a function that returns no promise; use transaction() for one that does',
  );
}

/** How often to try. Throws a `TypeError` or `RangeError`. */
function checkTransaction(body: unknown, options: TransactionOptions): number {
  checkFunction(body, 'the transaction');
  checkKnownOptions(options, ['durability', 'attempts'], 'options');
  const { durability, attempts = ATTEMPTS } = options;
  if (durability !== undefined) checkDurability(durability);
  checkTimestamp(attempts, 'attempts');
  if (attempts > 0) return attempts;
  throw new ArgumentRangeError(`expected attempts to be at least 1, got ${attempts}`);
}
