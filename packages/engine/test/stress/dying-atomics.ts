/**
 * Ends this thread at a chosen instruction: the global atomic operations are counted, and at the chosen one the thread
 * exits, before or after the operation has taken place. No code of the thread runs after that, as if it was killed.
 * Either all operations count, or those of turns only: from when the thread takes the store's lock until it gives it
 * back, where most is half done.
 */

type Operation = (...values: unknown[]) => unknown;

const NAMES = ['add', 'compareExchange', 'exchange', 'load', 'notify', 'store', 'sub', 'wait'] as const;

/** The lock, and how many words the array has that it lies in; nothing else of a round is of that size. */
const LOCK_WORD = 16;
const WORDS = 256;

/** `dieAt` counts from 1. */
export function dieAtAtomic(dieAt: number, isAfter: boolean, isInTurns: boolean): void {
  let count = 0;
  let isInTurn = false;
  const atomics = Atomics as unknown as Record<string, Operation>;
  for (const name of NAMES) {
    const original = atomics[name]!;
    atomics[name] = (...values) => {
      if (!isInTurns || isInTurn) count += 1;
      const isChosen = count === dieAt && (!isInTurns || isInTurn);
      if (isChosen && !isAfter) return process.exit();
      const result = original(...values);
      if (isChosen) return process.exit();
      const [array, index, expected] = values;
      if (index !== LOCK_WORD || (array as Int32Array).length !== WORDS) return result;
      if (name === 'compareExchange' && result === expected) isInTurn = true;
      if (name === 'exchange') isInTurn = false;
      return result;
    };
  }
}
