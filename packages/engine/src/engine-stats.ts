/** Figures about an engine, taken at one moment. Sizes are bytes. */
import type { RecoveryReport, SegmentStats, StoreStats } from '@htkv/storage';

import type { SweepStats } from './expiry-sweeper.ts';
import type { ScrubStats } from './scrubber.ts';

export type { RecoveryReport, ScrubStats, SegmentStats, SweepStats };

export interface EngineStats extends StoreStats {
  /** Keys that are present. */
  readonly size: number;
  readonly latestVersion: number;
  /** Of this engine: threads that have joined another one's check nothing by themselves. */
  readonly scrub: ScrubStats;
  readonly sweep: SweepStats;
}
