/** How sizes are spread: powers of two as classes, each with a bar. */
import { grouped } from './plain-table.ts';
import { barOf } from './progress.ts';

const BAR_CELLS = 30;

export interface SizeClass {
  /** The smallest and the largest size in the class. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

export class SizeHistogram {
  /** Class 0 holds size 0, class n the sizes from 2^(n-1) up to 2^n - 1. */
  readonly #counts: number[] = [];
  #total = 0;
  #bytes = 0;

  add(size: number): void {
    const index = size === 0 ? 0 : Math.floor(Math.log2(size)) + 1;
    while (this.#counts.length <= index) this.#counts.push(0);
    this.#counts[index]! += 1;
    this.#total += 1;
    this.#bytes += size;
  }

  get total(): number {
    return this.#total;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The classes from the first to the last that has a size in it. */
  get classes(): readonly SizeClass[] {
    const first = this.#counts.findIndex((count) => count > 0);
    if (first === -1) return [];
    return this.#counts.slice(first).map((count, place) => {
      const index = first + place;
      return index === 0 ? { from: 0, to: 0, count } : { from: 2 ** (index - 1), to: 2 ** index - 1, count };
    });
  }

  /** One line for each class. */
  lines(): string[] {
    const { classes } = this;
    const most = Math.max(1, ...classes.map(({ count }) => count));
    const ranges = classes.map(({ from, to }) =>
      from === to ? grouped(from) : `${grouped(from)}-${grouped(to)}`,
    );
    const width = Math.max(0, ...ranges.map((range) => range.length));
    return classes.map(({ count }, index) => {
      const range = ranges[index]!.padStart(width);
      return `${range}  ${barOf(count / most, BAR_CELLS)}  ${grouped(count)}`;
    });
  }
}
