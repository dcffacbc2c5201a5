/** `compact`: frees the space of what is not needed any more, in a full pass, and says what came of it. */
import { type Command, Option } from 'commander';
import type { CodedError, SingleNodeEngine } from '@htkv/engine';

import {
  addStoreCommand,
  dataDirOf,
  jsonOption,
  type CommandContext,
  type CommandDefinition,
  type JsonOption,
} from '../command-context.ts';
import { damageFound } from '../failure.ts';
import { maintainStore } from '../maintain-store.ts';
import { factsOf, grouped, readableBytes } from '../plain-table.ts';
import { withoutControls } from '../printable.ts';

interface CompactWords extends JsonOption {
  readonly plain?: boolean;
}

type Report = Awaited<ReturnType<SingleNodeEngine['runCompactionNow']>>;

const EXAMPLE = `htkvctl compact ./kv-data
htkvctl compact --json ./kv-data | jq .bytesReclaimed`;

export const addCompact: CommandDefinition = (program, context) => {
  addStoreCommand(program, 'compact', EXAMPLE)
    .summary('free the space of what is not needed any more')
    .description(
      'Copy what is still needed out of segments that hold garbage, remove those, and print what came of it. Done ' +
        'when that and a new checkpoint are on disk. A segment in which something that is needed cannot be read stays as it is, and is told ' +
        'with file and byte; exit code 5 then.',
    )
    .argument('[dir]', 'directory of the store, in place of --data-dir')
    .addOption(new Option('--plain', 'one plain line, and no figures').conflicts('json'))
    .addOption(jsonOption('one line of JSON with the figures'))
    .action(async (directory: string | undefined, words: CompactWords, command: Command) => {
      const dataDir = dataDirOf(command, context, directory);
      const report = await maintainStore(context, dataDir, compactAndSave);
      await print(context, words, dataDir, report);
      if (report.damages.length > 0) throw damageFound(report.damages.length);
    });
};

/**
 * A checkpoint that points into segments which are gone is of no use any more. Without one the next opening would read the
 * whole log, and refuse it for a damaged place that compaction could leave alone.
 */
async function compactAndSave(engine: SingleNodeEngine): Promise<Report> {
  const report = await engine.runCompactionNow();
  if (report.segmentsRemoved > 0) await engine.checkpoint();
  return report;
}

async function print(
  { stdout, style }: CommandContext,
  words: CompactWords,
  dataDir: string,
  report: Report,
): Promise<void> {
  if (words.json === true) {
    await stdout.writeJson(shown(report));
    return;
  }
  for (const { message } of report.damages) {
    await stdout.write(`${style.bad('damage')} ${withoutControls(message)}\n`);
  }
  if (words.plain !== true) await stdout.write(factsOf(facts(report), style));
  else if (report.damages.length === 0) {
    await stdout.write(`compaction complete for ${withoutControls(dataDir)}\n`);
  }
}

function facts(report: Report): [name: string, value: string][] {
  return [
    ['segments removed', grouped(report.segmentsRemoved)],
    ['segments kept for readers', grouped(report.segmentsRetained)],
    ['space freed', readableBytes(report.bytesReclaimed)],
    ['records copied', grouped(report.recordsRelocated)],
    ['copied', readableBytes(report.bytesRelocated)],
    ['deleted keys forgotten', grouped(report.keysDropped)],
    ['damaged places', grouped(report.damages.length)],
  ];
}

/** What `--json` promises: members may be added, none changes or goes. */
function shown(report: Report): object {
  const { segmentsRemoved, segmentsRetained, bytesReclaimed } = report;
  const { recordsRelocated, bytesRelocated, keysDropped } = report;
  return {
    segmentsRemoved,
    segmentsRetained,
    bytesReclaimed,
    recordsRelocated,
    bytesRelocated,
    keysDropped,
    damages: report.damages.map(shownDamage),
  };
}

function shownDamage({ code, message, details }: CodedError): object {
  return { code, path: details['path'], offset: details['offset'], message };
}
