/** Times that are kept only so exactly, so that not every use is a write. */

/** Whether a time that is written at most once in `intervalMs` is to be written; also after the clock was set back. */
export function isDue(last: number | undefined, now: number, intervalMs: number): boolean {
  return last === undefined || now < last || now - last >= intervalMs;
}
