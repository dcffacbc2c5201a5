/** The middle value; of two middle ones the lower. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[(sorted.length - 1) >>> 1] ?? Number.NaN;
}
