/** All questions, in the order that they are asked in. */
import { awaitedPuts } from './awaited-puts.ts';
import { coldGets } from './cold-gets.ts';
import { coldKeys } from './cold-keys.ts';
import { compaction } from './compaction.ts';
import { costOfOrder } from './cost-of-order.ts';
import { firstInserts } from './first-inserts.ts';
import { hotGets, randomGets } from './gets.ts';
import { growthPauses } from './growth-pauses.ts';
import { indexSize } from './index-size.ts';
import { manyGets } from './many-gets.ts';
import { opening } from './opening.ts';
import { orderedReads } from './ordered-reads.ts';
import { overwrites } from './overwrites.ts';
import { putsInFlight } from './puts-in-flight.ts';
import type { Question } from './question.ts';
import { recovery } from './recovery.ts';
import { snapshots } from './snapshots.ts';
import { transactions } from './transactions.ts';
import { twoThreads } from './two-threads.ts';
import { watching } from './watch.ts';

export const QUESTIONS: readonly Question[] = [
  firstInserts,
  overwrites,
  randomGets,
  hotGets,
  manyGets,
  snapshots,
  transactions,
  watching,
  awaitedPuts,
  putsInFlight,
  twoThreads,
  coldGets,
  coldKeys,
  orderedReads,
  costOfOrder,
  indexSize,
  growthPauses,
  opening,
  recovery,
  compaction,
];
