/**
 * The options of an `AuthService`, checked once when it is made. No option is ignored, and an unknown one is an error.
 */
import { randomBytes } from 'node:crypto';

import { kindOf, outOfRange, wrongType } from './failure.ts';
import type { RandomBytes } from './identifier.ts';
import type { Password, PasswordForm } from './password.ts';

/** How failed logins slow down further ones under the same name. Nothing here locks a name for good. */
export interface ThrottleOptions {
  /** Failures that cost nothing but themselves; 5 unless given. So many logins of one name run at the same time. */
  readonly freeAttempts?: number | undefined;
  /** The wait after the last free failure, doubled by each further one; 1,000 unless given. */
  readonly delayMs?: number | undefined;
  /** The longest wait; 300,000 unless given. */
  readonly delayMsMax?: number | undefined;
  /** Failures count for so long after the last one; 86,400,000 (a day) unless given. At least `delayMsMax`. */
  readonly forgetAfterMs?: number | undefined;
}

export interface AuthOptions {
  /** Milliseconds since the epoch; the system's clock unless given. The engine's clock should tell the same. */
  readonly now?: (() => number) | undefined;
  /** Bytes that nobody can guess; the system's random source unless given. */
  readonly randomBytes?: RandomBytes | undefined;
  /** What happens to text before it is hashed; `'exact'`, which is nothing, unless given. Bytes are never changed. */
  readonly passwordForm?: PasswordForm | undefined;
  /** Whether a new password must not be used, say because it is on a list of stolen ones. None is, unless given. */
  readonly isKnownBadPassword?:
    | ((password: Password, username: string) => boolean | Promise<boolean>)
    | undefined;
  readonly throttle?: ThrottleOptions | undefined;
  /** `lastLogin` is written at most once in this time for each user; 1,000 unless given. */
  readonly lastLoginIntervalMs?: number | undefined;
  /** `lastUsed` is written at most once in this time for each API key; 60,000 unless given. */
  readonly lastUsedIntervalMs?: number | undefined;
  /** How long the old token of a rotated key stays valid; 3,600,000 unless given. */
  readonly rotationOverlapMs?: number | undefined;
  /**
   * Hears of failed writes that no call waits for or fails by: `lastLogin`, `lastUsed`, forgetting failures after a
   * success, and hashing again. Nobody hears of them unless given.
   */
  readonly onNoteFailure?: ((error: unknown) => void) | undefined;
}

export interface CheckedThrottle {
  readonly freeAttempts: number;
  readonly delayMs: number;
  readonly delayMsMax: number;
  readonly forgetAfterMs: number;
}

export interface CheckedOptions {
  readonly now: () => number;
  readonly randomBytes: RandomBytes;
  readonly passwordForm: PasswordForm;
  readonly isKnownBadPassword: (password: Password, username: string) => boolean | Promise<boolean>;
  readonly throttle: CheckedThrottle;
  readonly lastLoginIntervalMs: number;
  readonly lastUsedIntervalMs: number;
  readonly rotationOverlapMs: number;
  readonly onNoteFailure: (error: unknown) => void;
}

const OPTIONS = [
  'now',
  'randomBytes',
  'passwordForm',
  'isKnownBadPassword',
  'throttle',
  'lastLoginIntervalMs',
  'lastUsedIntervalMs',
  'rotationOverlapMs',
  'onNoteFailure',
];
const THROTTLE_OPTIONS = ['freeAttempts', 'delayMs', 'delayMsMax', 'forgetAfterMs'];

/** The options with their defaults. Throws a `TypeError` or `RangeError`. */
export function checkOptions(options: AuthOptions): CheckedOptions {
  checkNames(options, OPTIONS, 'options');
  const { passwordForm = 'exact' } = options;
  if (passwordForm !== 'exact' && passwordForm !== 'nfkc') {
    throw wrongType("expected passwordForm to be 'exact' or 'nfkc', got something else");
  }
  return {
    now: wholeMilliseconds(checkFunction(options.now, 'now') ?? Date.now),
    randomBytes: exactly(checkFunction(options.randomBytes, 'randomBytes') ?? randomBytes),
    passwordForm,
    isKnownBadPassword: checkFunction(options.isKnownBadPassword, 'isKnownBadPassword') ?? (() => false),
    throttle: checkThrottle(options.throttle ?? {}),
    lastLoginIntervalMs: checkWhole(options.lastLoginIntervalMs ?? 1_000, 'lastLoginIntervalMs'),
    lastUsedIntervalMs: checkWhole(options.lastUsedIntervalMs ?? 60_000, 'lastUsedIntervalMs'),
    rotationOverlapMs: checkWhole(options.rotationOverlapMs ?? 3_600_000, 'rotationOverlapMs'),
    onNoteFailure: checkFunction(options.onNoteFailure, 'onNoteFailure') ?? (() => undefined),
  };
}

/** A clock whose times fit into records, whatever it is made of. */
function wholeMilliseconds(now: () => number): () => number {
  return () => checkWhole(Math.trunc(now()), 'the time that now() tells');
}

/** A random source that gives as many bytes as it is asked for, or an error. */
function exactly(source: RandomBytes): RandomBytes {
  return (count) => {
    const bytes: unknown = source(count);
    if (bytes instanceof Uint8Array && bytes.length === count) return bytes;
    throw wrongType(`expected randomBytes to give ${count} bytes, got something else`);
  };
}

function checkThrottle(options: ThrottleOptions): CheckedThrottle {
  checkNames(options, THROTTLE_OPTIONS, 'throttle');
  const freeAttempts = checkWhole(options.freeAttempts ?? 5, 'throttle.freeAttempts', 1);
  const delayMs = checkWhole(options.delayMs ?? 1_000, 'throttle.delayMs', 1);
  const delayMsMax = checkWhole(options.delayMsMax ?? 300_000, 'throttle.delayMsMax', delayMs);
  const forgetAfterMs = checkWhole(options.forgetAfterMs ?? 86_400_000, 'throttle.forgetAfterMs', delayMsMax);
  return { freeAttempts, delayMs, delayMsMax, forgetAfterMs };
}

/** Throws a `TypeError` unless `options` is an object with no other properties than `known`. */
export function checkNames(
  options: unknown,
  known: readonly string[],
  name: string,
): asserts options is object {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw wrongType(`expected ${name} to be an object, got ${kindOf(options)}`);
  }
  const unknown = Object.keys(options).find((property) => !known.includes(property));
  if (unknown === undefined) return;
  throw wrongType(
    `expected ${name} to have no properties but ${known.join(', ')}, got ${JSON.stringify(unknown)}`,
  );
}

/** A whole number of at least `least`. Throws a `TypeError` or `RangeError`. */
export function checkWhole(value: unknown, name: string, least = 0): number {
  if (typeof value !== 'number') throw wrongType(`expected ${name} to be a number, got ${kindOf(value)}`);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw outOfRange(`expected ${name} to be a safe integer from ${least}, got ${value}`);
}

function checkFunction<Value>(value: Value | undefined, name: string): Value | undefined {
  if (value === undefined || typeof value === 'function') return value;
  throw wrongType(`expected ${name} to be a function, got ${kindOf(value)}`);
}
