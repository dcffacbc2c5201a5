/**
 * What callers say about API keys, checked: ids, labels, scopes, deadlines.
 */
import { checkNames, checkWhole } from './auth-options.ts';
import { kindOf, outOfRange, wrongType } from './failure.ts';

export const LABEL_BYTES_MAX = 256;
export const SCOPES_MAX = 64;
export const SCOPE_BYTES_MAX = 256;

export interface ApiKeyOptions {
  /** What the key is for; none unless given. */
  readonly scopes?: readonly string[] | undefined;
  /** Milliseconds since the epoch from which on the key authenticates nobody; never unless given. */
  readonly expiresAt?: number | undefined;
}

export interface RotateOptions {
  /** How long the old token stays valid; as the service is configured unless given, 0 for not at all. */
  readonly overlapMs?: number | undefined;
}

export interface AuthenticateOptions {
  /** Scopes that the key must have, all of them. */
  readonly scopes?: readonly string[] | undefined;
}

export interface CheckedApiKeyOptions {
  readonly scopes: readonly string[];
  readonly expiresAt: number | undefined;
}

const encoder = new TextEncoder();

export function checkApiKeyOptions(options: ApiKeyOptions): CheckedApiKeyOptions {
  checkNames(options, ['scopes', 'expiresAt'], 'options');
  const { expiresAt } = options;
  if (expiresAt !== undefined) checkWhole(expiresAt, 'expiresAt');
  return { scopes: checkScopes(options.scopes ?? []), expiresAt };
}

/** The overlap. Throws a `TypeError` or `RangeError`. */
export function checkRotateOptions(options: RotateOptions, overlapMs: number): number {
  checkNames(options, ['overlapMs'], 'options');
  return checkWhole(options.overlapMs ?? overlapMs, 'overlapMs');
}

/** The scopes that are asked for. Throws a `TypeError` or `RangeError`. */
export function checkAuthenticateOptions(options: AuthenticateOptions): readonly string[] {
  checkNames(options, ['scopes'], 'options');
  return options.scopes === undefined ? [] : checkScopes(options.scopes);
}

export function checkLabel(label: unknown): string | undefined {
  return label === undefined ? undefined : checkText(label, 'label', 0, LABEL_BYTES_MAX);
}

/** Throws a `TypeError` unless `id` is text. */
export function checkId(id: unknown, name: string): void {
  if (typeof id !== 'string') throw wrongType(`expected ${name} to be a string, got ${kindOf(id)}`);
}

function checkScopes(scopes: unknown): readonly string[] {
  if (!Array.isArray(scopes)) throw wrongType(`expected scopes to be an array, got ${kindOf(scopes)}`);
  if (scopes.length > SCOPES_MAX)
    throw outOfRange(`expected at most ${SCOPES_MAX} scopes, got ${scopes.length}`);
  return [...new Set(scopes.map((scope) => checkText(scope, 'a scope', 1, SCOPE_BYTES_MAX)))];
}

function checkText(text: unknown, name: string, least: number, most: number): string {
  if (typeof text !== 'string') throw wrongType(`expected ${name} to be a string, got ${kindOf(text)}`);
  const isFit = text.length <= most && text.isWellFormed() && encoder.encode(text).length <= most;
  if (isFit && text.length >= least) return text;
  throw outOfRange(`expected ${name} to be well-formed text of ${least} to ${most} bytes`);
}
