/** Says which keys may leave the index, because they are found without it. All of it in a turn. */
export interface CellKeeper {
  /** Log2 of the cells of a table that the index is not to outgrow as long as keys may leave. */
  readonly capacityLog2Goal: number;
  /** Lets keys leave until `keys` of the index are `wanted`; returns how many will be left, about. */
  makeRoom(keys: number, wanted: number): number;
  /** Whether the key whose newest record is at `address` leaves with the next rebuild. */
  isLeaving(address: number): boolean;
}
