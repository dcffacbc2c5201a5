/**
 * Making good what a thread has left that died while it held the store's lock, at whatever instruction. Each step
 * restores what the ones behind it rely on; doing all of them twice does no harm, for who repairs may die as well.
 *
 * 1. Nothing is staged, and every thread looks at the segments anew.
 * 2. The page that entered the ring last has its place; the index is one table, or two that are told apart.
 * 3. Nothing lies behind the log's tail, and its page is there.
 * 4. The record appended last is in the index; a batch that was being appended is gone, and so is an open group that
 *    was being taken back.
 * 5. Readers see everything that is there; a job that was posted is known to whoever does the jobs, and what became
 *    durable to whoever waits for that.
 * 6. The segment that was being created is gone, the one that was being continued goes on.
 */
import { Field } from '../control/store-fields.ts';
import { SegmentState } from '../format/manifest.ts';
import type { HybridLog } from '../log/hybrid-log.ts';
import type { RecordAppender } from '../record-appender.ts';
import type { FailureSettler } from '../settle-failure.ts';
import type { StoreParts } from '../store-parts.ts';

/** The caller has taken the lock over. Throws what reading records and giving up a group throws. */
export function repairStore(
  parts: StoreParts,
  log: HybridLog,
  appender: RecordAppender,
  failures: FailureSettler,
): void {
  const { ring, index, segments, publication, cell } = parts;
  const control = parts.control.block;
  control.drop();
  segments.repair();
  ring.repair();
  index.repair();
  log.repair();
  if (control.get(Field.takingBack) === 1) failures.resume();
  else appender.repair();
  publication.end();
  cell.wake();
  parts.signal.notify();
  const { last } = segments;
  const isLeft = last?.state === SegmentState.active && segments.active === undefined;
  if (!isLeft || control.get(Field.isClean) === 1) return;
  if (last.recordCount === 0) segments.removeLast();
  else log.continueSegment(last);
}
