/** From a store that was closed in good order to one that is written to: its last segment goes on, its mark comes off. */
import { wrapFailure } from './failure.ts';
import { SegmentState } from './format/manifest.ts';
import type { HybridLog } from './log/hybrid-log.ts';
import type { StoreParts } from './store-parts.ts';

/** Opens the last segment for writing, if it ended cleanly. A failure changes nothing. */
export function reopenLast({ segments }: Pick<StoreParts, 'segments'>): void {
  const { last } = segments;
  if (last?.state !== SegmentState.active) return;
  try {
    void last.writableFile;
  } catch (error) {
    throw wrapFailure(last.path, 'open', error);
  }
}

/**
 * Takes the mark of a clean end off the manifest, and continues the last segment if it ended cleanly. Behind a page that
 * opening has found damaged nothing is written: that segment is over, and the log goes on in the next.
 */
export function beginWriting({ segments, catalog }: StoreParts, log: HybridLog): void {
  const { last } = segments;
  if (last?.state === SegmentState.active && !log.canContinue(last)) last.end(SegmentState.cut);
  catalog.publish(false);
  if (last?.state === SegmentState.active) log.continueSegment(last);
}
