/** `space`: what each segment holds, as a bar: what is needed, what is remembered of deletes, what is not needed. */
import type { Command } from 'commander';
import type { SegmentSpace } from '@htkv/engine';

import {
  addStoreCommand,
  dataDirOf,
  jsonOption,
  type CommandDefinition,
  type JsonOption,
} from '../command-context.ts';
import { readableBytes } from '../plain-table.ts';

const BAR_CELLS = 40;
/** From what is needed to what is not; told apart without colours. */
const PARTS = [
  { figure: 'liveBytes', cell: '█', name: 'live' },
  { figure: 'tombstoneBytes', cell: '▓', name: 'tombstones' },
  { figure: 'deadBytes', cell: '░', name: 'dead' },
  { figure: 'otherBytes', cell: '·', name: 'headers and padding' },
] as const;

const EXAMPLE = `htkvctl space ./kv-data`;

export const addSpace: CommandDefinition = (program, context) => {
  addStoreCommand(program, 'space', EXAMPLE)
    .summary('print what each segment holds: live, deleted, dead')
    .description(
      'Print for each segment how much of it is live entries, tombstones, dead records, and the rest. Reads the whole ' +
        'log, and remembers every key meanwhile. Large values that lie in files of their own do not count.',
    )
    .argument('[dir]', 'directory of the store, in place of --data-dir')
    .addOption(jsonOption('one line of JSON for each segment'))
    .action(async (directory: string | undefined, words: JsonOption, command: Command) => {
      const { stdout, style } = context;
      const dataDir = dataDirOf(command, context, directory);
      const { spaceOfSegments } = await import('@htkv/engine');
      const segments = spaceOfSegments(dataDir);
      if (words.json === true) {
        for (const { segmentId, ...space } of segments) {
          await stdout.writeJson({ segment: segmentId, ...space });
        }
        return;
      }
      const legend = PARTS.map(({ cell, name }) => `${cell} ${name}`).join('  ');
      await stdout.write(`${style.dim(legend)}\n`);
      for (const segment of segments) await stdout.write(`${spaceLine(segment)}\n`);
    });
};

function spaceLine(segment: SegmentSpace): string {
  const { segmentId, state, fileBytes, liveBytes } = segment;
  const share = fileBytes === 0 ? 0 : Math.floor((liveBytes / fileBytes) * 100);
  const name = String(segmentId).padStart(5, '0');
  return `${name} ${spaceBar(segment)} ${String(share).padStart(3)}% live of ${readableBytes(fileBytes)}, ${state}`;
}

/** Cells in proportion, rounded so that they fill the bar and that nothing which is there is left out. */
export function spaceBar(segment: SegmentSpace): string {
  const total = PARTS.reduce((sum, { figure }) => sum + segment[figure], 0);
  if (total === 0) return ' '.repeat(BAR_CELLS);
  const cells = PARTS.map(({ figure }) => {
    const exact = (segment[figure] / total) * BAR_CELLS;
    return segment[figure] === 0 ? 0 : Math.max(1, Math.round(exact));
  });
  const largest = cells.indexOf(Math.max(...cells));
  cells[largest]! += BAR_CELLS - cells.reduce((sum, count) => sum + count, 0);
  return PARTS.map(({ cell }, index) => cell.repeat(cells[index]!)).join('');
}
