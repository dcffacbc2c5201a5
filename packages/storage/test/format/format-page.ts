/**
 * `docs/format.md` as data: its tables under their headings, and the bytes of its worked example.
 */
import { readFileSync } from 'node:fs';

/** A table of the page: the heading above it, the text between both, and the cells of its rows, without back-ticks. */
export interface PageTable {
  readonly heading: string;
  readonly text: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A file of the worked example. */
export interface PageFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export function readFormatPage(): string {
  return readFileSync(new URL('../../../../docs/format.md', import.meta.url), 'utf8');
}

export function tablesOf(page: string): PageTable[] {
  const tables: PageTable[] = [];
  for (const section of page.split(/^#{2,} /m).slice(1)) {
    const [heading = '', ...body] = section.split('\n');
    for (const [table] of body.join('\n').matchAll(/^\|.*\|\n\|[-|]+\|\n(?:\|.*\|\n)*/gm)) {
      const [columns = [], , ...rows] = table.trimEnd().split('\n').map(cellsOf);
      tables.push({ heading, text: body.join('\n'), columns, rows });
    }
  }
  return tables;
}

/** The files of the worked example; throws where an offset does not continue the bytes before it. */
export function filesOf(page: string): PageFile[] {
  return Array.from(
    page.matchAll(/^`([\w-]+)`, (\d+) bytes:\n\n```hex\n([^`]*)```/gm),
    ([, name, size, dump]) => {
      const bytes: number[] = [];
      for (const line of dump!.trimEnd().split('\n')) {
        if (line.startsWith('# ')) continue;
        const [, offset, hex] = /^ *(\d+) {2}((?:[0-9a-f]{2} ?)+)/.exec(line) ?? [];
        if (Number(offset) !== bytes.length) throw new Error(`expected offset ${bytes.length} in '${line}'`);
        for (const byte of hex!.trim().split(' ')) bytes.push(Number.parseInt(byte, 16));
      }
      if (Number(size) !== bytes.length)
        throw new Error(`expected ${size} bytes of ${name}, got ${bytes.length}`);
      return { name: name!, bytes: Uint8Array.from(bytes) };
    },
  );
}

function cellsOf(line: string): string[] {
  return line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim().replaceAll('`', ''));
}
