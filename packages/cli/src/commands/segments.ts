/** `segments`: prints the files that the log of a store consists of, oldest first. */
import { type Command, Option } from 'commander';
import type { SegmentStats } from '@htkv/engine';

import {
  addStoreCommand,
  dataDirOf,
  jsonOption,
  type CommandDefinition,
  type JsonOption,
} from '../command-context.ts';
import { readStore } from '../open-store.ts';
import { segmentTable } from '../segment-table.ts';

interface SegmentsOptions extends JsonOption {
  readonly plain?: boolean;
  readonly table?: boolean;
}

const EXAMPLE = `htkvctl segments ./kv-data
htkvctl segments --plain --data-dir ./kv-data`;

export const addSegments: CommandDefinition = (program, context) => {
  addStoreCommand(program, 'segments', EXAMPLE)
    .summary('print the segments of the log')
    .description(
      'Print the segments of the log, oldest first: a table on a terminal, plain lines elsewhere. ' +
        'Entries are sets and deletes, live or not.',
    )
    .argument('[dir]', 'directory of the store, in place of --data-dir')
    .addOption(new Option('--table', 'a table, also where nobody looks').conflicts(['plain', 'json']))
    .addOption(new Option('--plain', 'plain lines, also on a terminal').conflicts('json'))
    .addOption(jsonOption('one line of JSON for each segment'))
    .action(async (directory: string | undefined, options: SegmentsOptions, command: Command) => {
      const { stdout, style } = context;
      const stats = await readStore(dataDirOf(command, context, directory), (engine) => engine.stats());
      const segments = stats.segments.toSorted((left, right) => left.segmentId - right.segmentId);
      const isTable = options.table === true || (stdout.isTerminal && options.plain !== true);
      if (options.json === true) {
        for (const segment of segments) await stdout.writeJson(shown(segment));
      } else if (isTable) {
        await stdout.write(`${await segmentTable(segments, style.heading)}\n`);
      } else {
        for (const segment of segments) await stdout.write(`${plainLine(segment)}\n`);
      }
    });
};

function plainLine({ segmentId, records, bytes }: SegmentStats): string {
  return `segment-${String(segmentId).padStart(5, '0')} entries:${records} bytes:${bytes}`;
}

/** What `--json` promises: members may be added, none changes or goes. */
function shown({ segmentId, state, records, deletes, bytes }: SegmentStats): object {
  return { segment: segmentId, state, entries: records, deletes, bytes };
}
