/** `inspect segment`: one file of the log, its groups or its records, as they lie there. */
import type { Command } from 'commander';
import type { SegmentReading } from '@htkv/engine';

import {
  addStoreCommand,
  dataDirOf,
  jsonOption,
  type CommandContext,
  type JsonOption,
} from '../command-context.ts';
import { noSuchPlace } from '../failure.ts';
import { factsOf, grouped, readableTime } from '../plain-table.ts';
import { withoutControls } from '../printable.ts';
import { positiveNumber } from '../range-options.ts';
import { recordAsJson, recordLine } from '../shown-record.ts';

interface SegmentWords extends JsonOption {
  readonly groups?: boolean;
  readonly records?: boolean;
}

const EXAMPLE = `htkvctl inspect segment 1 ./kv-data
htkvctl inspect segment 1 --records ./kv-data`;

export function describeInspectSegment(inspect: Command, context: CommandContext): void {
  addStoreCommand(inspect, 'segment', EXAMPLE)
    .summary('print what a segment holds')
    .description(
      'Print the header of a segment and what it holds, with --groups each commit group, with --records each record: ' +
        'offset, bytes, type, sequence, version, whether its checksum matches, key.',
    )
    .argument('<id>', 'number of the segment, as segments prints it', positiveNumber)
    .argument('[dir]', 'directory of the store, in place of --data-dir')
    .option('--groups', 'one line for each commit group')
    .option('--records', 'one line for each record')
    .addOption(jsonOption('lines of JSON'))
    .action(async (id: number, directory: string | undefined, words: SegmentWords, command: Command) => {
      const dataDir = dataDirOf(command, context, directory);
      const { readSegmentFile, surveyFiles } = await import('@htkv/engine');
      const isThere = surveyFiles(dataDir).files.some((file) => file.kind === 'segment' && file.id === id);
      if (!isThere) throw noSuchPlace(`segment ${id}`);
      const reading = readSegmentFile(dataDir, id);
      if (words.records === true) await printRecords(context, words, id, reading);
      else if (words.groups === true) await printGroups(context, words, reading);
      else await printSummary(context, words, reading);
    });
}

async function printSummary(
  { stdout, style }: CommandContext,
  words: JsonOption,
  { path, header, bytes, walk, footer }: SegmentReading,
): Promise<void> {
  const { segmentId, slot, predecessorId, firstSequence, createdAt } = header;
  const records = walk.groups.reduce((sum, group) => sum + group.records.length, 0);
  const groups = walk.groups.length;
  const isSealed = footer !== undefined;
  const ends =
    walk.end.kind === 'complete' ? undefined : `${walk.end.expected} expected, ${walk.end.actual} found`;
  if (words.json === true) {
    const shown = {
      segment: segmentId,
      path,
      bytes: bytes.length,
      slot,
      predecessor: predecessorId,
      firstSequence,
      createdAt,
      groups,
      records,
      isSealed,
      end: walk.end.end,
      broken: walk.broken.map(({ start, end, expected, actual }) => ({ start, end, expected, actual })),
    };
    await stdout.writeJson(shown);
    return;
  }
  const facts: [string, string][] = [
    ['file', withoutControls(path)],
    ['bytes', grouped(bytes.length)],
    ['slot', String(slot)],
    ['made', readableTime(createdAt)],
    ['behind segment', predecessorId === 0 ? 'none, it is the first' : String(predecessorId)],
    ['first sequence', grouped(firstSequence)],
    ['groups', grouped(groups)],
    ['records', grouped(records)],
    ['footer', isSealed ? 'sealed' : 'none'],
    ['log ends', `at byte ${walk.end.end}${ends === undefined ? '' : `: ${ends}`}`],
    ...walk.broken.map(({ start, end, actual }): [string, string] => [
      style.bad('damage'),
      `at byte ${start}: ${actual}; goes on at byte ${end}`,
    ]),
  ];
  await stdout.write(factsOf(facts, style));
}

async function printGroups(
  { stdout }: CommandContext,
  words: JsonOption,
  reading: SegmentReading,
): Promise<void> {
  for (const { trailer, records, end } of reading.walk.groups) {
    const { groupStart, firstSequence, lastSequence, durableSegmentId, durableBytes } = trailer;
    const shown = {
      offset: groupStart,
      end,
      records: records.length,
      firstSequence,
      lastSequence,
      durableSegment: durableSegmentId,
      durableBytes,
    };
    const line = words.json === true ? JSON.stringify(shown) : Object.values(shown).join('\t');
    await stdout.write(`${line}\n`);
  }
}

async function printRecords(
  { stdout }: CommandContext,
  words: JsonOption,
  segmentId: number,
  reading: SegmentReading,
): Promise<void> {
  const { recordsOf } = await import('@htkv/engine');
  for (const record of recordsOf(reading)) {
    const json = (): string => JSON.stringify(recordAsJson(segmentId, record, 'utf8'));
    await stdout.write(`${words.json === true ? json() : recordLine(record)}\n`);
  }
}
