/** `delete`: removes a key. Returns when the removal is on disk and the store is closed. */
import type { Command } from 'commander';

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
import { keyNotFound } from '../failure.ts';
import { keyArgument } from '../key-argument.ts';
import { confirmDone } from '../say.ts';
import { changeStore } from '../open-store.ts';

interface DeleteOptions extends EncodingOptions, JsonOption {
  readonly ignoreMissing?: boolean;
}

const EXAMPLE = 'htkvctl delete --data-dir ./kv-data greeting';

export const addDelete: CommandDefinition = (program, context) => {
  addStoreCommand(program, 'delete', EXAMPLE)
    .summary('remove a key')
    .description('Remove KEY. Done when that is on disk. Exit code 3 if there is no such key.')
    .argument('<key>', 'text, or digits with --hex or --base64')
    .addOption(hexOption('KEY'))
    .addOption(base64Option('KEY'))
    .option('--ignore-missing', 'a key that is not there is no failure')
    .addOption(jsonOption('{"outcome":"removed"}'))
    .action(async (keyText: string, options: DeleteOptions, command: Command) => {
      const { stdout } = context;
      const dataDir = dataDirOf(command, context);
      const key = keyArgument(keyText, encodingOf(options));
      const ifPresent = options.ignoreMissing !== true;
      const outcome = await changeStore(dataDir, false, (engine) =>
        engine.delete(key, { ifPresent, durability: 'disk' }),
      );
      if (outcome === 'conflict') throw keyNotFound();
      if (options.json === true) await stdout.write(`${JSON.stringify({ outcome })}\n`);
      else await confirmDone(context, 'removed, on disk');
    });
};
