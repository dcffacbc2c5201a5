/**
 * Sorting the entries of a segment's index by hash. Hashes are spread evenly, so one pass over as many buckets as
 * there are entries leaves next to nothing to do: each bucket is put in order by insertion. Entries with equal hashes
 * keep their order.
 */
import type { IndexEntries } from '../format/sparse-index.ts';

const BUCKETS_LOG2_MAX = 16;

/** New arrays. Expected O(entries). */
export function sortedByHash({ hashes, units, count }: IndexEntries): IndexEntries {
  const bucketsLog2 = Math.min(BUCKETS_LOG2_MAX, Math.ceil(Math.log2(count + 1)));
  const shift = 32 - bucketsLog2;
  const ends = new Uint32Array(2 ** bucketsLog2 + 1);
  for (let entry = 0; entry < count; entry += 1) ends[bucketOf(hashes[entry]!, shift) + 1]! += 1;
  for (let bucket = 1; bucket < ends.length; bucket += 1) ends[bucket]! += ends[bucket - 1]!;
  const sorted = { hashes: new Uint32Array(count), units: new Uint32Array(count), count };
  for (let entry = 0; entry < count; entry += 1) {
    const bucket = bucketOf(hashes[entry]!, shift);
    const place = ends[bucket]!;
    ends[bucket] = place + 1;
    sorted.hashes[place] = hashes[entry]!;
    sorted.units[place] = units[entry]!;
  }
  insertionSort(sorted);
  return sorted;
}

/** A shift by 32 would shift by nothing. */
function bucketOf(hash: number, shift: number): number {
  return shift === 32 ? 0 : hash >>> shift;
}

/** For what is nearly in order. */
function insertionSort({ hashes, units, count }: IndexEntries): void {
  for (let entry = 1; entry < count; entry += 1) {
    const hash = hashes[entry]!;
    if (hashes[entry - 1]! <= hash) continue;
    const unit = units[entry]!;
    let place = entry;
    for (; place > 0 && hashes[place - 1]! > hash; place -= 1) {
      hashes[place] = hashes[place - 1]!;
      units[place] = units[place - 1]!;
    }
    hashes[place] = hash;
    units[place] = unit;
  }
}
