/**
 * Alternating rounds. Whatever else the machine does meanwhile disturbs all that take part alike, so what counts is
 * the ratio within each round, and of those the median.
 */
import { median } from './statistics.ts';

/** Figures of one who took part, round by round. */
export type Figures = readonly number[];

/**
 * Lets `measure` measure every one of `those` in each of `rounds` rounds, each round beginning with another one. A
 * round before the first warms up and does not count.
 */
export async function alternate<One>(
  rounds: number,
  those: readonly One[],
  measure: (one: One, round: number) => Promise<number> | number,
): Promise<Figures[]> {
  const figures: number[][] = those.map(() => []);
  for (let round = 0; round <= rounds; round += 1) {
    for (let turn = 0; turn < those.length; turn += 1) {
      const index = (turn + round) % those.length;
      globalThis.gc?.();
      const figure = await measure(those[index]!, round);
      if (round > 0) figures[index]!.push(figure);
    }
  }
  return figures;
}

/** Median over the rounds of what `ours` was in terms of `theirs`. */
export function ratio(ours: Figures, theirs: Figures): number {
  return median(ours.map((figure, round) => figure / theirs[round]!));
}
