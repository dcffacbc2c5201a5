/** `list`: prints entries in the order of their keys, one a line, as many as there are, without holding them. */
import { type Command, InvalidArgumentError } from 'commander';

import { encodeBytes, type ByteEncoding } from '../byte-encoding.ts';
import {
  addStoreCommand,
  base64Option,
  dataDirOf,
  encodingOf,
  hexOption,
  jsonOption,
  type CommandDefinition,
  type EncodingOptions,
  type JsonOption,
} from '../command-context.ts';
import { jsonEntry } from '../json-entry.ts';
import { keyArgument } from '../key-argument.ts';
import { readStore } from '../open-store.ts';
import type { Output } from '../output.ts';
import { printable } from '../printable.ts';

interface ListOptions extends EncodingOptions, JsonOption {
  readonly prefix?: string;
  readonly reverse?: boolean;
  readonly limit?: number;
  readonly keysOnly?: boolean;
}

const EXAMPLE = `htkvctl list --data-dir ./kv-data --prefix user: --limit 10
htkvctl list --data-dir ./kv-data --keys-only --reverse
htkvctl list --data-dir ./kv-data --json | jq -r .key`;

export const addList: CommandDefinition = (program, context) => {
  addStoreCommand(program, 'list', EXAMPLE)
    .summary('print entries in the order of their keys')
    .description(
      'Print entries in the order of their keys, one a line: key, tab, value. Bytes that are no visible text ' +
        'are printed as \\xNN, \\t, \\n, \\r or \\\\; --hex, --base64 and --json print them exactly.',
    )
    .option('-p, --prefix <prefix>', 'only keys that begin with PREFIX')
    .option('-r, --reverse', 'from the last key to the first')
    .option('-n, --limit <count>', 'at most so many', wholeNumber)
    .option('-k, --keys-only', 'no values')
    .addOption(hexOption('keys and values, PREFIX too,'))
    .addOption(base64Option('keys and values, PREFIX too,'))
    .addOption(jsonOption('one line of JSON for each entry'))
    .action(async (options: ListOptions, command: Command) => {
      const { stdout } = context;
      const encoding = encodingOf(options);
      const print = options.json === true ? printJson : printLine;
      const { reverse, limit } = options;
      const prefix =
        options.prefix === undefined ? undefined : keyArgument(options.prefix, encoding, 'PREFIX');
      const range = { prefix, reverse, limit };
      await readStore(dataDirOf(command, context), async (engine) => {
        if (options.keysOnly === true) {
          for (const key of engine.keys(range)) await print(stdout, encoding, key, undefined);
        } else {
          for (const [key, value] of engine.entries(range)) await print(stdout, encoding, key, value);
        }
      });
    });
};

async function printJson(
  stdout: Output,
  encoding: ByteEncoding,
  key: Uint8Array,
  value: Uint8Array | undefined,
): Promise<void> {
  await stdout.write(`${JSON.stringify(jsonEntry(key, value, encoding))}\n`);
}

async function printLine(
  stdout: Output,
  encoding: ByteEncoding,
  key: Uint8Array,
  value: Uint8Array | undefined,
): Promise<void> {
  await printBytes(stdout, encoding, key);
  if (value !== undefined) {
    await stdout.write('\t');
    await printBytes(stdout, encoding, value);
  }
  await stdout.write('\n');
}

async function printBytes(stdout: Output, encoding: ByteEncoding, bytes: Uint8Array): Promise<void> {
  if (encoding === 'utf8') await stdout.write(printable(bytes));
  else for (const piece of encodeBytes(bytes, encoding)) await stdout.write(piece);
}

function wholeNumber(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(count)) return count;
  throw new InvalidArgumentError('Expected a whole number.');
}
