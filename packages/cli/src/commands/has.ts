/** `has`: says by its exit code whether a key is there. Its value is not read. */
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
import { keyNotFound } from '../failure.ts';
import { keyArgument } from '../key-argument.ts';
import { readStore } from '../open-store.ts';
import { confirmDone } from '../say.ts';

const EXAMPLE = `htkvctl has --data-dir ./kv-data greeting && echo it is there`;

export const addHas: CommandDefinition = (program, context) => {
  addEncodingOptions(addStoreCommand(program, 'has', EXAMPLE), 'KEY')
    .summary('say whether a key is there')
    .description('Exit with 0 if KEY is there and with 3 if it is not. Nothing is printed unless asked for.')
    .argument('<key>', 'text, or digits with --hex or --base64')
    .addOption(jsonOption('{"present":true} or {"present":false}'))
    .action(async (keyText: string, options: EncodingOptions & JsonOption, command: Command) => {
      const key = keyArgument(keyText, encodingOf(options));
      const present = await readStore(dataDirOf(command, context), (engine) => engine.has(key));
      if (options.json === true) await context.stdout.writeJson({ present });
      if (!present) throw keyNotFound();
      await confirmDone(context, 'present');
    });
};
