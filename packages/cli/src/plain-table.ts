/**
 * A table for a terminal, and the same in plain columns elsewhere, so that `column` and `awk` are not needed and not
 * disturbed. The library that draws it is loaded only when a table is wanted.
 */
import type { Style } from './colours.ts';

export interface TableColumn {
  readonly title: string;
  readonly align: 'left' | 'right';
}

/** The table with its line end. Cells are text that is safe to print. */
export async function tableOf(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  style: Style,
): Promise<string> {
  const { default: Table } = await import('cli-table3');
  const table = new Table({
    head: columns.map(({ title }) => style.heading(title)),
    colAligns: columns.map(({ align }) => align),
    style: { head: [], border: [] },
  });
  for (const row of rows) table.push([...row]);
  return `${table.toString()}\n`;
}

/** Pairs of a name and what it is, one a line, the values below each other. */
export function factsOf(facts: readonly (readonly [name: string, value: string])[], style: Style): string {
  const width = Math.max(0, ...facts.map(([name]) => name.length));
  return facts.map(([name, value]) => `${style.dim(name.padEnd(width))}  ${value}\n`).join('');
}

/** A number with its thousands apart, the same on every machine. */
export function grouped(value: number): string {
  return value.toLocaleString('en-GB');
}

/** Bytes in the unit in which they are easy to read. */
export function readableBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let amount = bytes;
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${bytes} B` : `${amount.toFixed(1)} ${units[unit]}`;
}

/** Milliseconds since the epoch as a date that sorts. */
export function readableTime(milliseconds: number): string {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? String(milliseconds) : date.toISOString();
}
