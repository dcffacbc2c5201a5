/** Segments as a table for a terminal. The library that draws it is loaded only when a table is wanted. */
import type { SegmentStats } from '@htkv/engine';

/** The table, without a line end behind it. `styleHeading` is applied to the words of its first row. */
export async function segmentTable(
  segments: readonly SegmentStats[],
  styleHeading: (text: string) => string,
): Promise<string> {
  const { default: Table } = await import('cli-table3');
  const table = new Table({
    head: ['segment', 'state', 'entries', 'deletes', 'bytes'].map(styleHeading),
    colAligns: ['right', 'left', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const { segmentId, state, records, deletes, bytes } of segments) {
    table.push([grouped(segmentId), state, grouped(records), grouped(deletes), grouped(bytes)]);
  }
  if (segments.length > 1) table.push(totals(segments));
  return table.toString();
}

function totals(segments: readonly SegmentStats[]): string[] {
  const sum = (figure: 'records' | 'deletes' | 'bytes'): string =>
    grouped(segments.reduce((total, segment) => total + segment[figure], 0));
  return ['total', '', sum('records'), sum('deletes'), sum('bytes')];
}

/** A number with its thousands apart, the same on every machine. */
function grouped(value: number): string {
  return value.toLocaleString('en-GB');
}
