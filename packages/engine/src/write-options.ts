/** The options of single writes and batches. */
import type { Durability } from '@htkv/replication';
import {
  ArgumentRangeError,
  ArgumentTypeError,
  checkAtomicity,
  checkConditions,
  checkTimestamp,
  type Atomicity,
} from '@htkv/state';

import { checkKnownOptions } from './known-options.ts';
import { checkDurability } from './store-config.ts';

/** When a write counts as done. */
export interface DurabilityOption {
  /** The configured durability for promises, `'memory'` for `*Sync` calls, unless given. */
  readonly durability?: Durability | undefined;
}

/** What must hold for a write to be made; the outcome is `conflict` if it does not. */
export interface DeleteOptions extends DurabilityOption {
  /** The key is present with exactly this version. */
  readonly ifVersion?: number | undefined;
  /** The key is present. */
  readonly ifPresent?: boolean | undefined;
}

export interface PutOptions extends DeleteOptions {
  /** The key is absent. */
  readonly ifAbsent?: boolean | undefined;
  /** Milliseconds since the epoch from which on the entry is invisible. */
  readonly expiresAt?: number | undefined;
  /** Milliseconds until the entry is invisible; instead of `expiresAt`. */
  readonly ttl?: number | undefined;
}

export interface BatchOptions extends DurabilityOption {
  /** `'perItem'` unless given. */
  readonly atomic?: Atomicity | undefined;
}

const PUT_OPTIONS = ['durability', 'ifVersion', 'ifPresent', 'ifAbsent', 'expiresAt', 'ttl'];
const DELETE_OPTIONS = ['durability', 'ifVersion', 'ifPresent'];
const BATCH_OPTIONS = ['durability', 'atomic'];
const SUBMIT_OPTIONS = ['durability'];

export function checkPutOptions(options: PutOptions): void {
  checkNames(options, PUT_OPTIONS);
  checkConditions(options);
  if (options.expiresAt !== undefined) checkTimestamp(options.expiresAt, 'expiresAt');
  if (options.ttl === undefined) return;
  checkTimestamp(options.ttl, 'ttl');
  if (options.expiresAt === undefined) return;
  throw new ArgumentTypeError('expected ttl or expiresAt, got both');
}

export function checkDeleteOptions(options: DeleteOptions): void {
  checkNames(options, DELETE_OPTIONS);
  checkConditions(options);
}

export function checkBatchOptions(options: BatchOptions): void {
  checkNames(options, BATCH_OPTIONS);
  checkAtomicity(options.atomic);
}

export function checkSubmitOptions(options: DurabilityOption): void {
  checkNames(options, SUBMIT_OPTIONS);
}

function checkNames(options: DurabilityOption, known: readonly string[]): void {
  checkKnownOptions(options, known, 'options');
  if (options.durability !== undefined) checkDurability(options.durability);
}

/** The moment `ttl` milliseconds after `now`. Throws a `RangeError` if no safe integer can name it. */
export function deadlineAfter(now: number, ttl: number): number {
  const expiresAt = now + ttl;
  if (Number.isSafeInteger(expiresAt)) return expiresAt;
  throw new ArgumentRangeError(`expected ttl to end at a safe integer, got ${ttl}`);
}
