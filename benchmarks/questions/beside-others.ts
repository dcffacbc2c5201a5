/** Rates of several, the first of them ours, as rows of the table. */
import { ratio, type Figures } from '../rounds.ts';
import { median } from '../statistics.ts';
import { rate, type Row, type Target } from '../table.ts';

export interface Other {
  readonly name: string;
  readonly target: Target;
}

/** One row for each of the others, which have their figures behind ours in the same order. */
export function besideOthers(question: string, figures: readonly Figures[], others: readonly Other[]): Row[] {
  const [ours = [], ...theirs] = figures;
  return others.map(({ name, target }, index) => ({
    question,
    ours: rate(median(ours)),
    against: `${name} ${rate(median(theirs[index]!))}`,
    figure: ratio(ours, theirs[index]!),
    unit: 'x',
    target,
  }));
}
