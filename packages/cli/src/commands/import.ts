/** `import`: puts the entries of a file, of any size, into a store. */
import { createReadStream, statSync } from 'node:fs';

import type { Command } from 'commander';

import {
  addStoreCommand,
  dataDirOf,
  jsonOption,
  type CommandContext,
  type CommandDefinition,
  type JsonOption,
} from '../command-context.ts';
import { inputFailure, usage } from '../failure.ts';
import { interruptible, untilAborted } from '../interruption.ts';
import { changeStore } from '../open-store.ts';
import { progressOf } from '../progress.ts';
import { wholeNumber } from '../range-options.ts';
import { say } from '../say.ts';
import { importEntries, type ImportCount } from '../transfer/import-entries.ts';
import { readResumeFile, removeResumeFile, writeResumeFile } from '../transfer/resume-file.ts';
import { codecOf, formatFor, formatOption, type TransferFormat } from '../transfer/transfer-format.ts';

interface ImportWords extends JsonOption {
  readonly format?: TransferFormat;
  readonly skip?: number;
  readonly resume?: string;
  readonly keepVersions?: boolean;
}

const EXAMPLE = `htkvctl import --data-dir ./kv-data entries.jsonl
zcat entries.cbor.gz | htkvctl import --data-dir ./kv-data --format cbor
htkvctl import --data-dir ./kv-data --resume import.state entries.jsonl`;

export const addImport: CommandDefinition = (program, context) => {
  addStoreCommand(program, 'import', EXAMPLE)
    .summary('put the entries of a file')
    .description(
      'Put the entries of FILE, or of standard input, as export writes them: one JSON object with key, value and, ' +
        'unless they are text, encoding a line, or a sequence of CBOR maps. What is there under the same keys is ' +
        'replaced. Entries are on disk in the order of the file; after Ctrl-C it is told how many, to go on with --skip.',
    )
    .argument('[file]', "standard input, also as '-', unless given")
    .addOption(formatOption())
    .option('--skip <count>', 'leave out so many entries at the beginning', wholeNumber)
    .option('--resume <state>', 'note in the file STATE how far it has come, and go on from there')
    .option('--keep-versions', 'with the versions and times of the file; newer entries stay')
    .addOption(jsonOption('{"entries":7,"skipped":0,"stale":0}'))
    .action(async (file: string | undefined, words: ImportWords, command: Command) => {
      const dataDir = dataDirOf(command, context);
      if (words.skip !== undefined && words.resume !== undefined) {
        throw usage('expected --skip or --resume, got both');
      }
      const path = file === '-' ? undefined : file;
      const skip = words.skip ?? (words.resume === undefined ? 0 : readResumeFile(words.resume));
      let done = skip;
      try {
        const count = await interruptible(context.io, (signal) =>
          runImport(context, dataDir, path, words, skip, signal, (entries) => {
            done = entries;
          }),
        );
        if (words.resume !== undefined) removeResumeFile(words.resume);
        const entries = count.done - Math.min(skip, count.done);
        if (words.json === true) {
          const shown = { entries, skipped: count.done - entries, stale: count.stale };
          await context.stdout.writeJson(shown);
        } else await say(context, `${entries} entries imported${staleWords(count)}`);
      } catch (error) {
        if (done > 0)
          await say(context, `${done} entries of the file are on disk: go on with --skip ${done}`);
        throw error;
      }
    });
};

async function runImport(
  context: CommandContext,
  dataDir: string,
  path: string | undefined,
  words: ImportWords,
  skip: number,
  signal: AbortSignal,
  onDone: (entries: number) => void,
): Promise<ImportCount> {
  const codec = await codecOf(formatFor(words.format, path));
  const total = path === undefined ? undefined : sizeOf(path);
  const chunks = untilAborted(path === undefined ? context.io.stdin : createReadStream(path), signal);
  const source = path === undefined ? 'standard input' : `the file ${path}`;
  const progress = progressOf(context);
  try {
    return await changeStore(dataDir, true, (engine) =>
      importEntries(engine, codec.read(readable(chunks, source), false), {
        skip,
        keepsVersions: words.keepVersions === true,
        signal,
        onDurable: async (done, end) => {
          onDone(done);
          if (words.resume !== undefined) writeResumeFile(words.resume, done);
          await progress.at(end, total, `${done} entries on disk`);
        },
      }),
    );
  } finally {
    await progress.end();
  }
}

/** Throws `CLI_INPUT`, before a store is opened. */
function sizeOf(path: string): number | undefined {
  try {
    const status = statSync(path);
    return status.isFile() ? status.size : undefined;
  } catch (error) {
    throw inputFailure(`cannot read the file ${path}`, error);
  }
}

async function* readable(
  chunks: AsyncIterable<Uint8Array>,
  source: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* chunks;
  } catch (error) {
    throw inputFailure(`cannot read ${source}`, error);
  }
}

function staleWords({ stale }: ImportCount): string {
  return stale === 0 ? '' : `; ${stale} of them stay as the store has them, which is newer`;
}
