/** `export`: writes entries, however many, as lines of JSON or as CBOR, for import or for any other program. */
import type { Command } from 'commander';
import type { RangeOptions } from '@htkv/engine';

import {
  addEncodingOptions,
  addStoreCommand,
  dataDirOf,
  encodingOf,
  jsonOption,
  type CommandContext,
  type CommandDefinition,
  type EncodingOptions,
  type JsonOption,
} from '../command-context.ts';
import { usage } from '../failure.ts';
import { interruptible } from '../interruption.ts';
import { readStore } from '../open-store.ts';
import { progressOf } from '../progress.ts';
import { addBoundOptions, rangeBehind, rangeOf, type RangeWords } from '../range-options.ts';
import { say } from '../say.ts';
import { readBegunFile, TargetFile } from '../transfer/target-file.ts';
import {
  codecOf,
  formatFor,
  formatOption,
  type EntryCodec,
  type TransferFormat,
} from '../transfer/transfer-format.ts';

interface ExportWords extends EncodingOptions, JsonOption, RangeWords {
  readonly output?: string;
  readonly format?: TransferFormat;
  readonly resume?: boolean;
}

/** Where an export puts what it writes. */
interface Target {
  readonly write: (piece: Uint8Array | string) => Promise<void> | void;
}

const EXAMPLE = `htkvctl export --data-dir ./kv-data | gzip > entries.jsonl.gz
htkvctl export --data-dir ./kv-data --prefix user: --output users.cbor
htkvctl export --data-dir ./kv-data --resume --output entries.jsonl`;

export const addExport: CommandDefinition = (program, context) => {
  addEncodingOptions(addBoundOptions(addStoreCommand(program, 'export', EXAMPLE)), 'bounds and PREFIX')
    .summary('write entries to a file, or to standard output')
    .description(
      'Write entries in the order of their keys, each with version and times, as import takes them. Works beside a ' +
        'service that writes meanwhile; each entry is as it was when its turn came.',
    )
    .addOption(formatOption())
    .option('-o, --output <file>', 'a new file, on disk when the command is done')
    .option('--resume', 'go on behind the last whole entry of the file, if there is one')
    .addOption(jsonOption('{"entries":7} when the file is on disk; lines of JSON are the usual format'))
    .action(async (words: ExportWords, command: Command) => {
      const dataDir = dataDirOf(command, context);
      if (words.resume === true && words.output === undefined) throw usage('expected --output with --resume');
      if (words.json === true && words.output === undefined && words.format === 'cbor') {
        throw usage('expected --output with --json, for what is printed otherwise is CBOR');
      }
      const range = rangeOf(words, encodingOf(words));
      const codec = await codecOf(formatFor(words.format, words.output));
      await interruptible(context.io, async (signal) => {
        const { output } = words;
        if (output === undefined) {
          await writeAll(context, dataDir, range, codec, () => context.stdout, signal);
        } else await exportToFile(context, dataDir, range, codec, output, words, signal);
      });
    });
};

async function exportToFile(
  context: CommandContext,
  dataDir: string,
  range: RangeOptions,
  codec: EntryCodec,
  path: string,
  words: ExportWords,
  signal: AbortSignal,
): Promise<void> {
  const begun = words.resume === true ? await readBegunFile(path, codec) : undefined;
  let file: TargetFile | undefined;
  // Where there is no store, there is to be no file either.
  const openFile = (): TargetFile => {
    file ??= begun === undefined ? TargetFile.create(path) : TargetFile.goOn(path, begun.bytes);
    return file;
  };
  try {
    // The last key lies within the bounds, so it takes the place of the lower one.
    const rest = rangeBehind(range, begun?.lastKey, 0);
    const written = await writeAll(context, dataDir, rest, codec, openFile, signal);
    openFile().sync();
    const total = written + (begun?.entries ?? 0);
    if (words.json === true && !signal.aborted) {
      await context.stdout.writeJson({ entries: total });
      return;
    }
    await say(
      context,
      signal.aborted
        ? `${total} entries are in ${path}, all of them whole: go on with --resume`
        : `${total} entries in ${path}, on disk`,
    );
  } finally {
    file?.close();
  }
}

/** Returns how many entries were written. */
async function writeAll(
  context: CommandContext,
  dataDir: string,
  range: RangeOptions,
  codec: EntryCodec,
  openTarget: () => Target,
  signal: AbortSignal,
): Promise<number> {
  const progress = progressOf(context);
  let lastKey: Uint8Array | undefined;
  let written = 0;
  try {
    await readStore(dataDir, async (engine) => {
      const target = openTarget();
      const total = range.prefix === undefined ? engine.size : undefined;
      for await (const key of engine.keys(rangeBehind(range, lastKey, written))) {
        if (signal.aborted) break;
        const entry = engine.getEntry(key);
        // It may have gone since its key was found.
        if (entry === undefined) continue;
        await target.write(codec.encode({ ...entry, key }));
        lastKey = key;
        written += 1;
        await progress.at(written, total, `${written} entries`);
      }
    });
  } finally {
    await progress.end();
  }
  return written;
}
