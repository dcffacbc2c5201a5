/** `scan`: prints a page of entries and where the next one begins, for whoever looks through a store step by step. */
import type { Command } from 'commander';

import {
  addEncodingOptions,
  addStoreCommand,
  dataDirOf,
  encodingOf,
  jsonOption,
  type CommandDefinition,
  type EncodingOptions,
  type JsonOption,
} from '../command-context.ts';
import { cursorOf } from '../cursor.ts';
import { jsonEntry } from '../json-entry.ts';
import { readStore } from '../open-store.ts';
import { printLine } from '../print-entry.ts';
import { addRangeOptions, rangeOf, type RangeWords } from '../range-options.ts';
import { say } from '../say.ts';

interface ScanOptions extends EncodingOptions, JsonOption, RangeWords {
  readonly keysOnly?: boolean;
}

const PAGE_ENTRIES = 100;
const EXAMPLE = `htkvctl scan --data-dir ./kv-data --prefix user: --limit 50
htkvctl scan --data-dir ./kv-data --prefix user: --limit 50 --cursor kdXNlcjo0Mg`;

export const addScan: CommandDefinition = (program, context) => {
  addEncodingOptions(
    addRangeOptions(addStoreCommand(program, 'scan', EXAMPLE)),
    'keys and values, bounds and PREFIX too,',
  )
    .summary('print a page of entries, and where the next one begins')
    .description(
      `Print a page of entries, ${PAGE_ENTRIES} unless --limit says otherwise, as list does. If there are more, the ` +
        'cursor to go on with is told on standard error; --json prints it as a member of the page.',
    )
    .option('-k, --keys-only', 'no values')
    .addOption(jsonOption('the page as one line of JSON: {"entries":[...],"cursor":"..."}'))
    .action(async (options: ScanOptions, command: Command) => {
      const { stdout } = context;
      const encoding = encodingOf(options);
      const limit = options.limit ?? PAGE_ENTRIES;
      const range = { ...rangeOf(options, encoding), limit: limit + 1 };
      const isKeysOnly = options.keysOnly === true;
      const page = await readStore(dataDirOf(command, context), (engine) =>
        isKeysOnly
          ? engine
              .keys(range)
              .toArray()
              .map((key) => [key, undefined] as const)
          : engine.entries(range).toArray(),
      );
      const shown = page.slice(0, limit);
      const last = shown.at(-1)?.[0];
      const cursor = page.length > limit && last !== undefined ? cursorOf(last) : undefined;
      if (options.json === true) {
        const entries = shown.map(([key, value]) => jsonEntry(key, value, encoding));
        await stdout.writeJson({ entries, cursor });
        return;
      }
      for (const [key, value] of shown) await printLine(stdout, encoding, key, value);
      if (cursor !== undefined) {
        await stdout.flush();
        await say(context, `more: --cursor ${cursor}`);
      }
    });
};
