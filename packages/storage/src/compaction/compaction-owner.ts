/** The store as compaction and the sweep over what has expired need it: turns, and who still looks at older states. */
/** What compaction needs of the store. */
export interface CompactionOwner {
  /** Runs a step in a turn in which writes can be taken; what fails in it is settled as for a write. */
  inTurn<Result>(step: () => Result): Result;
  /** The lowest place in the commit order that a reader still sees the store at; infinite without such readers. */
  keptFrom(): number;
}
