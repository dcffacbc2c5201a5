/**
 * The end of a recovery into an index that is to take no more than it was given: recovery needs every key for a while,
 * and has them in memory of its own. What the index has room for goes there, the newest segments first; the other
 * keys are found through the footers of theirs.
 */
import { Field } from '../control/store-fields.ts';
import type { ControlBlock } from '../control/control-block.ts';
import { SLOT_COUNT } from '../format/geometry.ts';
import type { ColdKeys } from '../index/cold-keys.ts';
import { IndexLoader, Mark } from '../index/index-loader.ts';
import { slotOf } from '../log/address.ts';

const NONE: ReadonlySet<number> = new Set();

/** Fills the index in `memory` from what was recovered. O(keys). Throws `STORAGE_FULL`. */
export function keepHotCells(
  recovered: IndexLoader,
  memory: Int32Array,
  loadFactor: number,
  cold: ColdKeys,
  control: ControlBlock,
): void {
  const kept = new IndexLoader(memory, loadFactor);
  const most = 2 ** cold.capacityLog2Goal * loadFactor;
  const leaving =
    recovered.used < most ? NONE : cold.leavingSlots(recovered.used, most / 2, keysBySlot(recovered));
  const hasDeadlines = control.get(Field.keysWithDeadline) > 0;
  kept.expect(Math.min(recovered.used, Math.floor(most / 2)));
  for (const { hash, address, mark } of cellsOf(recovered)) {
    const isStaying = !leaving.has(slotOf(address)) || (hasDeadlines && mayHaveDeadline(cold, address, mark));
    if (isStaying) kept.insert(hash, address | 0, 0, 0);
  }
  kept.finish();
}

function mayHaveDeadline(cold: ColdKeys, address: number, mark: number): boolean {
  return (mark & Mark.isUnknown) === 0 ? (mark & Mark.hasDeadline) !== 0 : !cold.isLeaving(address);
}

function keysBySlot(loader: IndexLoader): Int32Array {
  const counts = new Int32Array(SLOT_COUNT);
  for (const { address } of cellsOf(loader)) counts[slotOf(address)]! += 1;
  return counts;
}

function* cellsOf(loader: IndexLoader): Generator<{ hash: number; address: number; mark: number }> {
  const { cells, mask } = loader;
  for (let word = loader.start(0), count = 0; count <= mask; word = loader.after(word), count += 1) {
    const hash = cells[word]!;
    if (hash !== 0) yield { hash, address: cells[word + 1]! >>> 0, mark: loader.markAt(word) };
  }
}
