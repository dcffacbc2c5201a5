/**
 * Catches reading beyond what was given: bytes in the middle of a larger buffer, once between zeros and once between
 * ones. A decoder that looks outside says two different things.
 */
import { expect } from 'vitest';

/** What `decode` makes of `bytes`, whatever lies around them. */
export function decodeGuarded<Result>(bytes: Uint8Array, decode: (bytes: Uint8Array) => Result): Result {
  const results = [0x00, 0xff].map((around) => {
    const buffer = new Uint8Array(bytes.length + 256).fill(around);
    buffer.set(bytes, 128);
    return outcomeOf(() => decode(buffer.subarray(128, 128 + bytes.length)));
  });
  expect(results[0]).toEqual(results[1]);
  const [outcome] = results as [Outcome<Result>, Outcome<Result>];
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

type Outcome<Result> = { readonly value: Result } | { readonly error: unknown };

function outcomeOf<Result>(call: () => Result): Outcome<Result> {
  try {
    return { value: call() };
  } catch (error) {
    return { error };
  }
}
