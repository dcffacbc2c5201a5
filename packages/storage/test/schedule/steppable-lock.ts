/** The store's lock in its steppable form, without the long spinning, whose every round would be a choice. */
import { alteredSource, type Change } from './altered-source.ts';
import { loadSteppableText } from './load-steppable.ts';
import type { Steps } from './stepper.ts';

export interface SteppableLock {
  acquire(): Steps<boolean>;
  release(): Steps<void>;
}

export type SteppableLockClass = new (
  words: Int32Array,
  slots: { isDead(slot: number): boolean },
  slot: number,
) => SteppableLock;

/** A sleeper that nobody wakes sleeps for ever. */
export const SLEEPS_FOR_EVER: Change = ['const SLEEP_MS = 2;', 'const SLEEP_MS = Infinity;'];

const url = new URL('../../src/session/store-lock.ts', import.meta.url);

export async function loadLock(...changes: readonly Change[]): Promise<SteppableLockClass> {
  const [loaded] = await loadSteppableText([
    alteredSource(url, [['const SPINS = 1000;', 'const SPINS = 1;'], ...changes]),
  ]);
  return loaded!['StoreLock'] as SteppableLockClass;
}
