/** `checkpoint`: saves the index of a store beside its log, so that the next opening reads only what comes after. */
import type { Command } from 'commander';

import {
  addStoreCommand,
  dataDirOf,
  jsonOption,
  type CommandDefinition,
  type JsonOption,
} from '../command-context.ts';
import { maintainStore } from '../maintain-store.ts';
import { grouped, readableBytes } from '../plain-table.ts';

const EXAMPLE = 'htkvctl checkpoint ./kv-data';

export const addCheckpoint: CommandDefinition = (program, context) => {
  addStoreCommand(program, 'checkpoint', EXAMPLE)
    .summary('save the index, so that the next opening is short')
    .description(
      'Save the index of the store beside its log, so that the next opening reads only what comes after. Done when ' +
        'that is on disk. A store that is written takes checkpoints by itself.',
    )
    .argument('[dir]', 'directory of the store, in place of --data-dir')
    .addOption(jsonOption('{"checkpointId":3,"keys":1240,"bytes":14336}'))
    .action(async (directory: string | undefined, words: JsonOption, command: Command) => {
      const { stdout } = context;
      const dataDir = dataDirOf(command, context, directory);
      const { checkpointId, keys, bytes } = await maintainStore(context, dataDir, (engine) =>
        engine.checkpoint(),
      );
      if (words.json === true) {
        await stdout.writeJson({ checkpointId, keys, bytes });
      } else {
        await stdout.write(
          `checkpoint ${checkpointId}: ${grouped(keys)} ${keys === 1 ? 'key' : 'keys'}, ${readableBytes(bytes)}, on disk\n`,
        );
      }
    });
};
