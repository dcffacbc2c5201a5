/** Objects of options as callers give them: no property is ever ignored. */
import { ArgumentTypeError } from '@htkv/state';

/**
 * Throws a `TypeError` unless `options` is an object with no other properties than `known`. `name` is what messages
 * call it.
 */
export function checkKnownOptions(
  options: unknown,
  known: readonly string[],
  name: string,
): asserts options is object {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ArgumentTypeError(`expected ${name} to be an object, got ${kindOf(options)}`);
  }
  for (const property of Object.keys(options)) {
    if (known.includes(property)) continue;
    throw new ArgumentTypeError(
      `expected ${name} to have no properties but ${known.join(', ')}, got ${JSON.stringify(property)}`,
    );
  }
}

/** For words and numbers of ours, the thing itself; for anything else its kind, never its content. */
export function shown(received: unknown): string {
  if (typeof received === 'string') return JSON.stringify(received);
  return typeof received === 'number' || typeof received === 'boolean' ? String(received) : kindOf(received);
}

/** What kind of thing it is, and nothing of its content. */
export function kindOf(received: unknown): string {
  if (received === undefined || received === null) return String(received);
  if (Array.isArray(received)) return 'an array';
  return typeof received === 'object' ? 'an object' : `a ${typeof received}`;
}
