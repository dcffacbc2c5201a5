/**
 * Ends this thread at a chosen instruction: the global atomic operations are counted, and at the chosen one the thread
 * exits, before or after the operation has taken place. No code of the thread runs after that, as if it was killed.
 */

type Operation = (...values: unknown[]) => unknown;

const NAMES = ['add', 'compareExchange', 'exchange', 'load', 'notify', 'store', 'sub', 'wait'] as const;

/** `dieAt` counts from 1. */
export function dieAtAtomic(dieAt: number, isAfter: boolean): void {
  let count = 0;
  const atomics = Atomics as unknown as Record<string, Operation>;
  for (const name of NAMES) {
    const original = atomics[name]!;
    atomics[name] = (...values) => {
      count += 1;
      if (count !== dieAt) return original(...values);
      if (isAfter) original(...values);
      return process.exit();
    };
  }
}
