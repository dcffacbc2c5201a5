/** `delete`: removes a key. Returns when the removal is on disk and the store is closed. */
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
import { conditionFailed, keyNotFound } from '../failure.ts';
import { keyArgument } from '../key-argument.ts';
import { changeStore } from '../open-store.ts';
import { wholeNumber } from '../range-options.ts';
import { confirmDone } from '../say.ts';

interface DeleteOptions extends EncodingOptions, JsonOption {
  readonly ignoreMissing?: boolean;
  readonly ifVersion?: number;
}

const EXAMPLE = `htkvctl delete --data-dir ./kv-data greeting
htkvctl delete --data-dir ./kv-data --if-version 7 greeting`;

export const addDelete: CommandDefinition = (program, context) => {
  addEncodingOptions(addStoreCommand(program, 'delete', EXAMPLE), 'KEY')
    .summary('remove a key')
    .description(
      'Remove KEY. Done when that is on disk. Exit code 3 if there is no such key, 6 if it has another version than it ' +
        'must have; nothing is changed then.',
    )
    .argument('<key>', 'text, or digits with --hex or --base64')
    .option('--ignore-missing', 'a key that is not there is no failure')
    .option(
      '--if-version <version>',
      'only if the key has this version, as get --json prints it',
      wholeNumber,
    )
    .addOption(jsonOption('{"outcome":"removed"}, or "conflict" if the key has another version'))
    .action(async (keyText: string, options: DeleteOptions, command: Command) => {
      const { stdout } = context;
      const dataDir = dataDirOf(command, context);
      const key = keyArgument(keyText, encodingOf(options));
      const { ifVersion, ignoreMissing, json } = options;
      const outcome = await changeStore(dataDir, false, async (engine) => {
        if (engine.has(key)) return engine.delete(key, { ifVersion, durability: 'disk' });
        if (ignoreMissing !== true) throw keyNotFound();
        return 'removed';
      });
      if (json === true) await stdout.writeJson({ outcome });
      if (outcome === 'conflict') throw conditionFailed();
      if (json !== true) await confirmDone(context, 'removed, on disk');
    });
};
