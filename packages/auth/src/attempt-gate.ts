/**
 * Lets only so many attempts under one name run at the same time; the others wait for their turn. Without it, a
 * thousand guesses sent at once would all have begun before the first failure is counted.
 */
import { busy } from './failure.ts';

interface Lane {
  running: number;
  /** Attempts that run or wait. */
  inside: number;
  readonly waiting: (() => void)[];
}

/** Two: the one that takes the place, and one more in case that there is room for it by now. */
const WOKEN_BY_EACH_END = 2;

export class AttemptGate {
  readonly #lanes = new Map<string, Lane>();
  readonly #waitingMax: number;
  #waiting = 0;

  /** `waitingMax` is how many attempts may wait, of all names together. */
  constructor(waitingMax: number) {
    this.#waitingMax = waitingMax;
  }

  /** Names with attempts under way or waiting. */
  get size(): number {
    return this.#lanes.size;
  }

  /**
   * Runs `attempt` once fewer than `width` others of the name run; `width` is asked again before each start. Rejects
   * with `AUTH_BUSY` if too many wait already.
   */
  async run<Result>(name: string, width: () => number, attempt: () => Promise<Result>): Promise<Result> {
    const lane = this.#lanes.get(name) ?? { running: 0, inside: 0, waiting: [] };
    this.#lanes.set(name, lane);
    lane.inside += 1;
    try {
      while (lane.running >= width()) await this.#turn(lane);
      lane.running += 1;
      try {
        return await attempt();
      } finally {
        lane.running -= 1;
      }
    } finally {
      lane.inside -= 1;
      if (lane.inside === 0) this.#lanes.delete(name);
      for (const wake of lane.waiting.splice(0, WOKEN_BY_EACH_END)) wake();
    }
  }

  async #turn(lane: Lane): Promise<void> {
    if (this.#waiting >= this.#waitingMax) throw busy(this.#waitingMax);
    this.#waiting += 1;
    await new Promise<void>((resolve) => lane.waiting.push(resolve));
    this.#waiting -= 1;
  }
}
