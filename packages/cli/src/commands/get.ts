/** `get`: prints the value of a key, byte for byte. */
import type { Command } from 'commander';

import { encodeBytes } from '../byte-encoding.ts';
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
import { keyNotFound } from '../failure.ts';
import { jsonEntry } from '../json-entry.ts';
import { keyArgument } from '../key-argument.ts';
import { readStore } from '../open-store.ts';

const EXAMPLE = `htkvctl get --data-dir ./kv-data greeting
htkvctl get --data-dir ./kv-data photo > photo.jpg`;
const LINE_FEED = 0x0a;

export const addGet: CommandDefinition = (program, context) => {
  addEncodingOptions(addStoreCommand(program, 'get', EXAMPLE), 'KEY, and the value printed,')
    .summary('print the value of a key')
    .description(
      'Print the value of KEY, byte for byte; on a terminal with a line end. Exit code 3 if there is no such key.',
    )
    .argument('<key>', 'text, or digits with --hex or --base64')
    .addOption(jsonOption('the whole entry as one line of JSON'))
    .action(async (keyText: string, options: EncodingOptions & JsonOption, command: Command) => {
      const { stdout } = context;
      const encoding = encodingOf(options);
      const key = keyArgument(keyText, encoding);
      const entry = await readStore(dataDirOf(command, context), (engine) => engine.getEntry(key));
      if (entry === undefined) throw keyNotFound();
      const { value, version, timestamp, expiresAt } = entry;
      if (options.json === true) {
        const shown = { ...jsonEntry(key, value, encoding), version, timestamp, expiresAt };
        await stdout.writeJson(shown);
        return;
      }
      for (const piece of encodeBytes(value, encoding)) await stdout.write(piece);
      const endsLine = encoding === 'utf8' && value.at(-1) === LINE_FEED;
      if (stdout.isTerminal && !endsLine) await stdout.write('\n');
    });
};
