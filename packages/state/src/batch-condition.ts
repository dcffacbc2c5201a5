/**
 * What must hold for a batch to be applied, about keys that it need not write: how a transaction says what it has read.
 * All of it is judged before the first item, at the batch's own timestamp, so every replay judges the same.
 */
import { Fnv64 } from './fnv64.ts';
import type { BatchCommand, RangeCondition } from './command.ts';
import { isPresent } from './entry.ts';
import type { StatePort } from './state-port.ts';

/**
 * The digest of keys in order and their versions, 16 hexadecimal digits. It tells apart what differs by chance, not what
 * somebody has made to look the same. O(bytes of the keys).
 */
export function digestVersions(versions: Iterable<readonly [key: Uint8Array, version: number]>): string {
  const digest = new Fnv64();
  for (const [key, version] of versions) {
    digest.addInteger(version);
    digest.addInteger(key.length);
    digest.add(key);
  }
  return digest.toHex();
}

/** Whether everything holds that a batch asks for, in a state of `port`. O(conditions + keys of the ranges). */
export function batchConditionsHold(batch: BatchCommand, port: StatePort): boolean {
  const { conditions = [], ranges = [], timestamp } = batch;
  if (conditions.length + ranges.length === 0) return true;
  // A conditional batch that is stamped has one.
  const now = timestamp!;
  for (const { key, version } of conditions) {
    const head = port.head(key);
    if ((isPresent(head, now) ? head.version : undefined) !== version) return false;
  }
  return ranges.every((range) => digestVersions(versionsIn(port, range, now)) === range.digest);
}

function* versionsIn(
  port: StatePort,
  range: RangeCondition,
  now: number,
): Generator<[key: Uint8Array, version: number], void, undefined> {
  for (const [key, head] of port.headsIn(range)) if (isPresent(head, now)) yield [key, head.version];
}
