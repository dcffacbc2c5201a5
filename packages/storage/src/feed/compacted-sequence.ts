/** How far back the log of a manifest goes: up to which place of the commit order writes may be missing in it. */
import type { Manifest } from '../format/manifest.ts';

/**
 * The last place of the commit order up to which the log may lack writes; 0 if it has all that were ever made. Where the
 * manifest does not say, it is the end of the last gap between its segments: they follow each other without one until
 * compaction takes some out, or a full device some writes.
 */
export function compactedSequenceOf(
  manifest: Pick<Manifest, 'historyFrom' | 'segments' | 'lastSequence'> | undefined,
): number {
  if (manifest === undefined) return 0;
  if (manifest.historyFrom > 0) return manifest.historyFrom - 1;
  let compacted = 0;
  let reached = 0;
  for (const { firstSequence, lastSequence } of manifest.segments) {
    if (firstSequence > reached + 1) compacted = firstSequence - 1;
    reached = Math.max(reached, lastSequence);
  }
  return manifest.lastSequence > reached ? manifest.lastSequence : compacted;
}
