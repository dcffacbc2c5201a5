/** `inspect record`: one record by its place, or every record that a key still has in the log. */
import { Buffer } from 'node:buffer';

import { InvalidArgumentError, type Command } from 'commander';
import type { PlacedRecord } from '@htkv/engine';

import {
  addEncodingOptions,
  addStoreCommand,
  dataDirOf,
  encodingOf,
  jsonOption,
  type CommandContext,
  type EncodingOptions,
  type JsonOption,
} from '../command-context.ts';
import { keyNotFound, noManifest, noSuchPlace, usage } from '../failure.ts';
import { keyArgument } from '../key-argument.ts';
import { factsOf } from '../plain-table.ts';
import { recordAsJson, recordFacts } from '../shown-record.ts';

interface RecordWords extends EncodingOptions, JsonOption {
  readonly key?: string;
  readonly at?: Place;
}

interface Place {
  readonly segmentId: number;
  readonly offset: number;
}

const EXAMPLE = `htkvctl inspect record --data-dir ./kv-data --key greeting
htkvctl inspect record --at 1:128 ./kv-data`;

export function describeInspectRecord(inspect: Command, context: CommandContext): void {
  addEncodingOptions(addStoreCommand(inspect, 'record', EXAMPLE), 'KEY, and with --json keys and values,')
    .summary('print records of the log')
    .description(
      'Print the record at a place, or every record that a key has in the log, oldest first: what it was before it was ' +
        'replaced or deleted. Exit code 3 if there is none.',
    )
    .argument('[dir]', 'directory of the store, in place of --data-dir')
    .option('--key <key>', 'all records of KEY')
    .option('--at <segment:offset>', 'the record at that byte of a segment', place)
    .addOption(jsonOption('one line of JSON for each record'))
    .action(async (directory: string | undefined, words: RecordWords, command: Command) => {
      const dataDir = dataDirOf(command, context, directory);
      const encoding = encodingOf(words);
      if ((words.key === undefined) === (words.at === undefined))
        throw usage('expected either --key or --at');
      const found =
        words.at === undefined
          ? recordsWithKey(dataDir, keyArgument(words.key ?? '', encoding))
          : recordAtPlace(dataDir, words.at);
      let count = 0;
      for await (const [segmentId, record] of found) {
        const json = (): string => `${JSON.stringify(recordAsJson(segmentId, record, encoding))}\n`;
        const facts = (): string => factsOf(recordFacts(segmentId, record), context.style);
        if (count > 0 && words.json !== true) await context.stdout.write('\n');
        await context.stdout.write(words.json === true ? json() : facts());
        count += 1;
      }
      if (count === 0) throw keyNotFound();
    });
}

async function* recordsWithKey(
  dataDir: string,
  key: Uint8Array,
): AsyncGenerator<readonly [segmentId: number, record: PlacedRecord], void, undefined> {
  const { readSegmentFile, recordsOf, surveyFiles } = await import('@htkv/engine');
  const { manifest } = surveyFiles(dataDir);
  if (manifest === undefined) throw noManifest(dataDir);
  const wanted = Buffer.from(key);
  for (const { segmentId } of manifest.segments) {
    for (const record of recordsOf(readSegmentFile(dataDir, segmentId))) {
      if (wanted.equals(record.key)) yield [segmentId, record];
    }
  }
}

async function* recordAtPlace(
  dataDir: string,
  { segmentId, offset }: Place,
): AsyncGenerator<readonly [segmentId: number, record: PlacedRecord], void, undefined> {
  const { readSegmentFile, recordAt, surveyFiles } = await import('@htkv/engine');
  const isThere = surveyFiles(dataDir).files.some(({ kind, id }) => kind === 'segment' && id === segmentId);
  const record = isThere ? recordAt(readSegmentFile(dataDir, segmentId), offset) : undefined;
  if (record === undefined) throw noSuchPlace(`record at byte ${offset} of segment ${segmentId}`);
  yield [segmentId, record];
}

function place(text: string): Place {
  const match = /^(\d{1,15}):(\d{1,15})$/.exec(text);
  if (match === null) throw new InvalidArgumentError('Expected a segment and an offset, as 1:128.');
  return { segmentId: Number(match[1]), offset: Number(match[2]) };
}
