/** The middle value; of two middle ones the lower. */
export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

/** The smallest value that at least `share` of all values do not exceed. */
export function quantile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
