/** Times of single calls, gathered without making the calls slower, and what they amount to. */

export interface LatencySummary {
  readonly operations: number;
  readonly perSecond: number;
  /** Microseconds within which that share of the calls was done. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Keeps every time; a quick benchmark has few enough of them. */
export class Latencies {
  #microseconds = new Float64Array(1024);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(microseconds: number): void {
    if (this.#count === this.#microseconds.length) {
      const larger = new Float64Array(this.#count * 2);
      larger.set(this.#microseconds);
      this.#microseconds = larger;
    }
    this.#microseconds[this.#count] = microseconds;
    this.#count += 1;
  }

  /** `operations` were done in the calls, in `elapsedMs` altogether. */
  summary(operations: number, elapsedMs: number): LatencySummary {
    const sorted = this.#microseconds.slice(0, this.#count).sort();
    const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
    return {
      operations,
      perSecond: elapsedMs === 0 ? 0 : (operations / elapsedMs) * 1000,
      p50: at(0.5),
      p99: at(0.99),
      p999: at(0.999),
      max: at(1),
    };
  }
}
