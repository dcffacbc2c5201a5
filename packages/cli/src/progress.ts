/**
 * How far a long command has come: one line on `stderr` that is written over, on a terminal only, several times a
 * second at most. Where nobody looks, nothing is written.
 */
import type { CommandContext } from './command-context.ts';

const INTERVAL_MS = 100;
const BAR_CELLS = 24;
/** Of a terminal that says nothing, or 0, about its width. */
const COLUMNS_USUAL = 80;
const CLEAR = '\r\u001b[K';

export interface Progress {
  /** `done` of `total`, both in the same measure; `total` is left out where nobody knows it. */
  at(done: number, total: number | undefined, words: string): Promise<void>;
  /** Takes the line away. */
  end(): Promise<void>;
}

/** Shows nothing unless a person looks at `stderr`. */
export function progressOf({ stderr, isQuiet }: CommandContext, now: () => number = Date.now): Progress {
  let nextMs = 0;
  let isShown = false;
  const isVisible = stderr.isTerminal && !isQuiet;
  return {
    at: async (done, total, words) => {
      if (!isVisible || now() < nextMs) return;
      nextMs = now() + INTERVAL_MS;
      isShown = true;
      await stderr.write(`${CLEAR}${progressLine(done, total, words, stderr.columns || COLUMNS_USUAL)}`);
      await stderr.flush();
    },
    end: async () => {
      if (!isShown) return;
      isShown = false;
      await stderr.write(CLEAR);
      await stderr.flush();
    },
  };
}

/** The line: a bar and a share where the whole is known, and the words, cut to the width of the terminal. */
export function progressLine(
  done: number,
  total: number | undefined,
  words: string,
  columns: number,
): string {
  if (total === undefined || total <= 0) return words.slice(0, columns - 1);
  const share = Math.min(1, done / total);
  const bar = barOf(share, BAR_CELLS);
  const percent = String(Math.floor(share * 100)).padStart(3);
  return `${bar} ${percent}% ${words}`.slice(0, columns - 1);
}

/** `share`, 0 to 1, as a bar of `cells` characters. */
export function barOf(share: number, cells: number): string {
  const full = Math.round(share * cells);
  return `${'█'.repeat(full)}${'░'.repeat(cells - full)}`;
}
