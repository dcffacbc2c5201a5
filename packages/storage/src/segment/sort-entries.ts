/**
 * Sorting the entries of a segment's index by hash: by eleven bits at a time, lowest first. Entries with equal hashes
 * keep their order.
 */
import type { IndexEntries } from '../format/sparse-index.ts';

/** Up to here it is quicker to look at every pair. */
const INSERTION_MAX = 64;

const DIGIT_LOG2 = 11;
const DIGITS = 2 ** DIGIT_LOG2;
const SHIFTS = [0, DIGIT_LOG2, 2 * DIGIT_LOG2];

/** Sorts in place, or returns new arrays. O(entries). */
export function sortedByHash(entries: IndexEntries): IndexEntries {
  const { count } = entries;
  if (count <= INSERTION_MAX) {
    insertionSort(entries);
    return entries;
  }
  const spare = (): IndexEntries => ({
    hashes: new Uint32Array(count),
    units: new Uint32Array(count),
    count,
  });
  let [from, to] = [entries, spare()];
  for (const shift of SHIFTS) {
    distribute(from, to, shift);
    [from, to] = [to, from === entries ? spare() : from];
  }
  return from;
}

/** Copies entries in the order of one digit of their hashes. */
function distribute(from: IndexEntries, to: IndexEntries, shift: number): void {
  const { count } = from;
  const [fromHashes, fromUnits, toHashes, toUnits] = [from.hashes, from.units, to.hashes, to.units];
  const ends = new Uint32Array(DIGITS + 1);
  for (let entry = 0; entry < count; entry += 1) {
    ends[((fromHashes[entry]! >>> shift) & (DIGITS - 1)) + 1]! += 1;
  }
  for (let digit = 1; digit < DIGITS; digit += 1) ends[digit]! += ends[digit - 1]!;
  for (let entry = 0; entry < count; entry += 1) {
    const hash = fromHashes[entry]!;
    const digit = (hash >>> shift) & (DIGITS - 1);
    const place = ends[digit]!;
    ends[digit] = place + 1;
    toHashes[place] = hash;
    toUnits[place] = fromUnits[entry]!;
  }
}

function insertionSort({ hashes, units, count }: IndexEntries): void {
  for (let entry = 1; entry < count; entry += 1) {
    const hash = hashes[entry]!;
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
