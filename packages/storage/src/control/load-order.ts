/**
 * Loads and stores in the order in which they are written down. A reader copies what it wants and then looks whether
 * it was there all along; a writer lays something down and then says that it is there. A machine that did the second
 * before the first would make it worthless. Those of the x86 family never do, and a plain store costs them a tenth of
 * an atomic one, which waits until everything before it has reached memory.
 */
import { arch } from 'node:process';

const REORDERS = arch !== 'x64' && arch !== 'ia32';

/** Nobody looks at it; a store that is atomic keeps the loads before it from those behind it. */
const fence = new Int32Array(1);

/** All loads before the call are done before those behind it. */
export function orderLoads(): void {
  if (REORDERS) Atomics.add(fence, 0, 1);
}

/** Stores `value` after all stores before the call. */
export function storeLast(words: Int32Array, index: number, value: number): void {
  if (REORDERS) Atomics.store(words, index, value);
  else words[index] = value;
}
