/**
 * The latest time that anybody has acted on, carried over restarts, so that a deadline which has come does not come
 * again. Milliseconds since the epoch; it never goes back.
 */
import type { ControlMemory } from '../control/shared-memory.ts';

export class SharedClock {
  readonly #time: Float64Array;
  readonly #bits: BigInt64Array;

  constructor(control: Pick<ControlMemory, 'clock' | 'clockBits'>) {
    this.#time = control.clock;
    this.#bits = control.clockBits;
  }

  get highWater(): number {
    return this.#time[0]!;
  }

  /** Remembers that somebody has acted on time `now`. Any thread. */
  note(now: number): void {
    // The bits of doubles that are not negative are in the order of the doubles. It happens once a millisecond.
    while (now > this.#time[0]!) {
      const before = Atomics.load(this.#bits, 0);
      if (now <= asDouble(before)) return;
      Atomics.compareExchange(this.#bits, 0, before, asBits(now));
    }
  }
}

const double = new Float64Array(1);
const bits = new BigInt64Array(double.buffer);

function asBits(value: number): bigint {
  double[0] = value;
  return bits[0]!;
}

function asDouble(value: bigint): number {
  bits[0] = value;
  return double[0]!;
}
