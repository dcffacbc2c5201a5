/** A question that the benchmark asks, one a file. Every byte it writes is synced before its clock stops. */
import type { Stage } from '../stage.ts';
import type { Row } from '../table.ts';

export interface Question {
  /** For `--only`. */
  readonly name: string;
  ask(stage: Stage): Promise<readonly Row[]>;
}
