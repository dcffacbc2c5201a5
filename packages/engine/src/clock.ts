/**
 * The engine's time. It never goes back, not even over a restart, so that an entry which has expired stays expired
 * when somebody sets the machine's clock back.
 */
export class Clock {
  readonly #systemTime: () => number;
  readonly #noted: () => number;
  #highWater = 0;
  #lastReading = 0;

  /** `noted` is the latest time that the store has acted on, in any thread and before, in milliseconds since the epoch. */
  constructor(systemTime: () => number, noted: () => number) {
    this.#systemTime = systemTime;
    this.#noted = noted;
  }

  /** Milliseconds since the epoch. */
  now(): number {
    this.#lastReading = this.#systemTime();
    this.#highWater = Math.max(this.#highWater, this.#lastReading, this.#noted());
    return this.#highWater;
  }

  /** What the system's own clock said when it was asked last. */
  get lastReading(): number {
    return this.#lastReading;
  }
}
