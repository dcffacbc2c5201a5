/** `list`: prints entries in the order of their keys, one a line, as many as there are, without holding them. */
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
import { readStore } from '../open-store.ts';
import { printJson, printLine } from '../print-entry.ts';
import { addRangeOptions, rangeBehind, rangeOf, type RangeWords } from '../range-options.ts';

interface ListOptions extends EncodingOptions, JsonOption, RangeWords {
  readonly keysOnly?: boolean;
}

const EXAMPLE = `htkvctl list --data-dir ./kv-data --prefix user: --limit 10
htkvctl list --data-dir ./kv-data --gte 2026-01 --lt 2026-02 --keys-only --reverse
htkvctl list --data-dir ./kv-data --json | jq -r .key`;

export const addList: CommandDefinition = (program, context) => {
  addEncodingOptions(
    addRangeOptions(addStoreCommand(program, 'list', EXAMPLE)),
    'keys and values, bounds and PREFIX too,',
  )
    .summary('print entries in the order of their keys')
    .description(
      'Print entries in the order of their keys, one a line: key, tab, value. Bytes that are no visible text ' +
        'are printed as \\xNN, \\t, \\n, \\r or \\\\; --hex, --base64 and --json print them exactly.',
    )
    .option('-k, --keys-only', 'no values')
    .addOption(jsonOption('one line of JSON for each entry'))
    .action(async (options: ListOptions, command: Command) => {
      const { stdout } = context;
      const encoding = encodingOf(options);
      const print = options.json === true ? printJson : printLine;
      const range = rangeOf(options, encoding);
      let lastKey: Uint8Array | undefined;
      let count = 0;
      await readStore(dataDirOf(command, context), async (engine) => {
        const rest = rangeBehind(range, lastKey, count);
        if (options.keysOnly === true) {
          for (const key of engine.keys(rest)) await print(stdout, encoding, key, undefined);
        } else {
          for (const [key, value] of engine.entries(rest)) {
            await print(stdout, encoding, key, value);
            lastKey = key;
            count += 1;
          }
        }
      });
    });
};
