/**
 * Times as records have them: whole milliseconds, none beyond the safe integers, and some kept only so exactly that not
 * every use is a write.
 */

/** Whether a time that is written at most once in `intervalMs` is to be written; also after the clock was set back. */
export function isDue(last: number | undefined, now: number, intervalMs: number): boolean {
  return last === undefined || now < last || now - last >= intervalMs;
}

/** The moment `delayMs` after `now`, or the last that can be told. */
export function momentAfter(now: number, delayMs: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, now + delayMs);
}
