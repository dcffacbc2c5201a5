/** `put`: sets a key. Returns when the write is on disk and the store is closed. */
import type { Command } from 'commander';

import { changeStore } from '../open-store.ts';
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
import { keyArgument } from '../key-argument.ts';
import { confirmDone } from '../say.ts';
import { readValue } from '../value-source.ts';

interface PutOptions extends EncodingOptions, JsonOption {
  readonly literal?: boolean;
}

const EXAMPLE = `htkvctl put --data-dir ./kv-data greeting hello
date | htkvctl put --data-dir ./kv-data last-visit -
htkvctl put --data-dir ./kv-data photo @photo.jpg`;

export const addPut: CommandDefinition = (program, context) => {
  addStoreCommand(program, 'put', EXAMPLE)
    .summary('set a key')
    .description('Set KEY to VALUE. Done when it is on disk. A store that is not there is created.')
    .argument('<key>', 'text, or digits with --hex or --base64')
    .argument('<value>', "as KEY; '-' reads standard input, '@FILE' a file, to the last byte")
    .addOption(hexOption('KEY and VALUE'))
    .addOption(base64Option('KEY and VALUE'))
    .option('--literal', "take VALUE as it stands, even '-' or '@name': for scripts")
    .addOption(jsonOption('{"outcome":"applied"}'))
    .action(async (keyText: string, valueText: string, options: PutOptions, command: Command) => {
      const { io, stdout } = context;
      const dataDir = dataDirOf(command, context);
      const encoding = encodingOf(options);
      const key = keyArgument(keyText, encoding);
      const value = await readValue(valueText, { encoding, isLiteral: options.literal === true }, io.stdin);
      const outcome = await changeStore(dataDir, true, (engine) =>
        engine.put(key, value, { durability: 'disk' }),
      );
      if (options.json === true) await stdout.write(`${JSON.stringify({ outcome })}\n`);
      else await confirmDone(context, 'on disk');
    });
};
