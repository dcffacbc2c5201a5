/** Figures about an engine, taken at one moment. Sizes are bytes. */
import type { RecoveryReport, SegmentStats, StoreStats } from '@htkv/storage';

export type { RecoveryReport, SegmentStats };

export interface EngineStats extends StoreStats {
  /** Keys that are present. */
  readonly size: number;
  readonly latestVersion: number;
}
