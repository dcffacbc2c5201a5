/**
 * Assertions that stay on in production. A failed one means that the code is wrong, not the caller and not the
 * disk: it is never caught and continued.
 */

/** The code contradicts itself. Nothing that happened after the contradiction can be trusted. */
export class InvariantError extends Error {
  readonly code = 'INVARIANT_VIOLATED';

  constructor(message: string) {
    super(`invariant violated: ${message}`);
    this.name = 'InvariantError';
  }
}

/** Throws {@link InvariantError} unless `condition` holds. `message` is a constant: building it must cost nothing. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** Marks a branch that the types already exclude, so that a new member of a union fails to compile here. */
export function unreachable(value: never): never {
  throw new InvariantError(`unexpected ${String(value)}`);
}
