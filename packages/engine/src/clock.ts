/**
 * The engine's time. It never goes back, not even over a restart, so that an entry which has expired stays expired
 * when somebody sets the machine's clock back.
 */
export class Clock {
  readonly #systemTime: () => number;
  #highWater: number;

  /** `highWater` is the latest time that the store has acted on before, in milliseconds since the epoch. */
  constructor(systemTime: () => number, highWater: number) {
    this.#systemTime = systemTime;
    this.#highWater = highWater;
  }

  /** Milliseconds since the epoch. */
  now(): number {
    const time = this.#systemTime();
    if (time > this.#highWater) this.#highWater = time;
    return this.#highWater;
  }
}
