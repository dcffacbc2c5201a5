/** `inspect checkpoint`: what the file says from which an opening begins, and whether all of it checks out. */
import type { Command } from 'commander';
import type { CheckpointReading } from '@htkv/engine';

import {
  addStoreCommand,
  dataDirOf,
  jsonOption,
  type CommandContext,
  type JsonOption,
} from '../command-context.ts';
import { damageFound, noManifest, noSuchPlace } from '../failure.ts';
import { factsOf, grouped, readableBytes, tableOf } from '../plain-table.ts';
import { withoutControls } from '../printable.ts';
import { positiveNumber } from '../range-options.ts';

interface CheckpointWords extends JsonOption {
  readonly id?: number;
}

const EXAMPLE = `htkvctl inspect checkpoint ./kv-data
htkvctl inspect checkpoint --json ./kv-data | jq .keys`;

export function describeInspectCheckpoint(inspect: Command, context: CommandContext): void {
  addStoreCommand(inspect, 'checkpoint', EXAMPLE)
    .summary('print what the checkpoint says')
    .description(
      'Print what the checkpoint says that the manifest names, or another one that is still there: which place of the ' +
        'log it shows, how many keys, which segments. All of it is read and compared with its checksums. Exit code 3 if ' +
        'there is none, 5 if it is damaged, which costs nothing but time: the log is complete without it.',
    )
    .argument('[dir]', 'directory of the store, in place of --data-dir')
    .option('--id <number>', 'number of the checkpoint, as its file is named', positiveNumber)
    .addOption(jsonOption('the checkpoint as one line of JSON'))
    .action(async (directory: string | undefined, words: CheckpointWords, command: Command) => {
      const dataDir = dataDirOf(command, context, directory);
      const { readCheckpointFile, surveyFiles } = await import('@htkv/engine');
      const { files, manifest } = surveyFiles(dataDir);
      if (manifest === undefined && words.id === undefined) throw noManifest(dataDir);
      const id = words.id ?? manifest?.checkpointId ?? 0;
      const isThere = files.some((file) => file.kind === 'checkpoint' && file.id === id);
      if (!isThere) throw noSuchPlace(words.id === undefined ? 'checkpoint' : `checkpoint ${id}`);
      const reading = readCheckpointFile(dataDir, id);
      await print(context, words, reading, id === manifest?.checkpointId);
      if (reading.damages.length > 0) throw damageFound(reading.damages.length);
    });
}

async function print(
  { stdout, style }: CommandContext,
  words: CheckpointWords,
  reading: CheckpointReading,
  isNamed: boolean,
): Promise<void> {
  const { path, bytes, blocks, header, damages } = reading;
  const { checkpointId, cellCount, begin, end, keys, deletedKeys, keysWithDeadline } = header;
  const { highestVersion, lastSequence, nextValueId } = header;
  const segments = reading.segments.map(({ segmentId, ...segment }) => ({ segment: segmentId, ...segment }));
  if (words.json === true) {
    const shown = {
      checkpointId,
      path,
      bytes,
      isNamed,
      begin: { segment: begin.segmentId, offset: begin.bytes, chain: begin.chain },
      end: { segment: end.segmentId, offset: end.bytes, chain: end.chain },
      cells: cellCount,
      keys,
      deletedKeys,
      keysWithDeadline,
      highestVersion,
      lastSequence,
      nextValueId,
      segments,
      damages,
    };
    await stdout.writeJson(shown);
    return;
  }
  const facts: [string, string][] = [
    ['file', withoutControls(path)],
    ['bytes', readableBytes(bytes)],
    ['named by the manifest', isNamed ? 'yes' : 'no'],
    ['begun at', `byte ${begin.bytes} of segment ${begin.segmentId}`],
    ['shows the log up to', `byte ${end.bytes} of segment ${end.segmentId}`],
    ['cells', `${grouped(cellCount)} in ${grouped(blocks)} ${blocks === 1 ? 'block' : 'blocks'}`],
    ['keys', grouped(keys)],
    ['of these deleted', grouped(deletedKeys)],
    ['with a deadline', grouped(keysWithDeadline)],
    ['highest version', grouped(highestVersion)],
    ['last sequence', grouped(lastSequence)],
    ['next value file', grouped(nextValueId)],
    ...damages.map(({ offset, expected, actual }): [string, string] => [
      style.bad('damage'),
      `at byte ${offset}: expected ${expected}, found ${actual}`,
    ]),
  ];
  await stdout.write(factsOf(facts, style));
  const columns = ['segment', 'slot', 'bytes', 'records', 'deletes', 'garbage', 'chain'].map((title) => ({
    title,
    align: 'right' as const,
  }));
  const rows = segments.map((entry) => [
    grouped(entry.segment),
    grouped(entry.slot),
    grouped(entry.bytes),
    grouped(entry.recordCount),
    grouped(entry.deleteCount),
    readableBytes(entry.garbageUnits * UNIT_BYTES),
    entry.chain.toString(16).padStart(8, '0'),
  ]);
  await stdout.write(await tableOf(columns, rows, style));
}

/** What the format counts garbage in. */
const UNIT_BYTES = 16;
