/** How large a batch can be: it lies in one segment, and its pages are in memory together until it is written. */
import { CodedError } from '@htkv/base';

import { COMMIT_TRAILER_BYTES } from '../format/commit-trailer.ts';
import { SLOT_BYTES } from '../format/geometry.ts';
import { SEGMENT_FOOTER_BYTES } from '../format/segment-footer.ts';
import { SEGMENT_HEADER_BYTES } from '../format/segment-header.ts';
import { endBehind } from './padding.ts';
import type { PageRing } from './page-ring.ts';

/** Trailer, the padding before it, and footer: what a segment keeps free for its own end. */
export const ENDING_BYTES: number = 2 * COMMIT_TRAILER_BYTES + SEGMENT_FOOTER_BYTES;

/** Throws `STORAGE_BATCH_TOO_LARGE` unless records of the given sizes can be one batch. */
export function requireBatchFits(sizes: readonly number[], ring: PageRing): void {
  const bytes = endBehind(SEGMENT_HEADER_BYTES, sizes, ring.pageBytes) + ENDING_BYTES;
  const limit = Math.min(SLOT_BYTES, (ring.frames - 2) * ring.pageBytes);
  if (bytes <= limit) return;
  throw new CodedError(
    'STORAGE_BATCH_TOO_LARGE',
    `the writes of one batch take ${bytes} bytes of the log, and at most ${limit} fit its memory`,
    { details: { limit, bytes } },
  );
}
