/** `inspect manifest`: what the newest manifest that checks out says of a store. */
import { Buffer } from 'node:buffer';

import type { Command } from 'commander';

import {
  addStoreCommand,
  dataDirOf,
  jsonOption,
  type CommandContext,
  type JsonOption,
} from '../command-context.ts';
import { noManifest } from '../failure.ts';
import { factsOf, grouped, readableTime, tableOf } from '../plain-table.ts';
import { withoutControls } from '../printable.ts';

const EXAMPLE = `htkvctl inspect manifest ./kv-data`;

export function describeInspectManifest(inspect: Command, context: CommandContext): void {
  addStoreCommand(inspect, 'manifest', EXAMPLE)
    .summary('print what the manifest says')
    .description(
      'Print what the newest manifest that checks out says: which segments make up the log, and how much.',
    )
    .argument('[dir]', 'directory of the store, in place of --data-dir')
    .addOption(jsonOption('the manifest as one line of JSON'))
    .action(async (directory: string | undefined, words: JsonOption, command: Command) => {
      const { stdout, style } = context;
      const { STATE_NAMES, surveyFiles } = await import('@htkv/engine');
      const survey = surveyFiles(dataDirOf(command, context, directory));
      const { manifest, damagedManifest } = survey;
      // Without any manifest the damaged one, or its absence, is all there is to say.
      if (manifest === undefined) throw damagedManifest ?? noManifest(survey.directory);
      const { identity, generation, clean, pageLog2, keyHashSeed, segments, ...numbers } = manifest;
      const storeId = Buffer.from(identity.storeId).toString('hex');
      const { nextSegmentId, nextValueId, highestVersion, lastSequence, clockHighWater } = numbers;
      const named = segments.map(({ segmentId, state, ...entry }) => ({
        segment: segmentId,
        ...entry,
        state: STATE_NAMES[state],
      }));
      if (words.json === true) {
        const shown = {
          path: survey.manifestPath,
          generation,
          clean,
          storeId,
          pageBytes: 2 ** pageLog2,
          keyHashSeed,
          nextSegmentId,
          nextValueId,
          highestVersion,
          lastSequence,
          clockHighWater,
          segments: named,
          newerDamaged: damagedManifest?.message,
        };
        await stdout.writeJson(shown);
        return;
      }
      const facts: [string, string][] = [
        ['file', withoutControls(survey.manifestPath ?? '')],
        ['generation', grouped(generation)],
        ['closed in good order', clean ? 'yes' : 'no, or open now'],
        ['store id', storeId],
        ['page', `${grouped(2 ** pageLog2)} bytes`],
        ['next segment', grouped(nextSegmentId)],
        ['next value file', grouped(nextValueId)],
        ['highest version', grouped(highestVersion)],
        ['last sequence', grouped(lastSequence)],
        ['latest time acted on', readableTime(clockHighWater)],
      ];
      if (damagedManifest !== undefined) {
        facts.push(['newer, damaged', style.bad(withoutControls(damagedManifest.message))]);
      }
      await stdout.write(factsOf(facts, style));
      const columns = ['segment', 'state', 'proven bytes', 'sequences', 'records', 'deletes', 'chain'].map(
        (title) => ({ title, align: title === 'state' ? ('left' as const) : ('right' as const) }),
      );
      const rows = named.map((entry) => [
        grouped(entry.segment),
        entry.state,
        grouped(entry.bytes),
        `${entry.firstSequence}-${entry.lastSequence}`,
        grouped(entry.recordCount),
        grouped(entry.deleteCount),
        entry.chain.toString(16).padStart(8, '0'),
      ]);
      await stdout.write(await tableOf(columns, rows, style));
    });
}
