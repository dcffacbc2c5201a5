/** What time commands say it is, where they and not the clock say how old a deletion is. */
import type { StampedCommand } from '@htkv/state';

import type { CheckedConfig } from './store-config.ts';

/** For how long deletions count where commands are decided; for ever where forgetting is only a matter of space. */
export function decidedGraceMs(config: CheckedConfig): number {
  return config.tombstoneGraceBy === 'commands' ? config.tombstoneGraceMs : Number.POSITIVE_INFINITY;
}

/** Of a batch the earliest time that any part of it has; undefined for one of nothing. O(items). */
export function commandTime(command: StampedCommand): number | undefined {
  if (command.type !== 'batch') return command.timestamp;
  let earliest = command.timestamp;
  for (const { timestamp } of command.commands) {
    if (earliest === undefined || timestamp < earliest) earliest = timestamp;
  }
  return earliest;
}
