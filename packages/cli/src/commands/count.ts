/** `count`: prints how many keys a range has. Values are not read. */
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
import { addBoundOptions, rangeOf, type RangeWords } from '../range-options.ts';

const EXAMPLE = `htkvctl count --data-dir ./kv-data
htkvctl count --data-dir ./kv-data --prefix user:`;

export const addCount: CommandDefinition = (program, context) => {
  addEncodingOptions(addBoundOptions(addStoreCommand(program, 'count', EXAMPLE)), 'bounds and PREFIX')
    .summary('print how many keys there are')
    .description('Print how many keys there are, in the whole store or in a range.')
    .addOption(jsonOption('{"count":7}'))
    .action(async (options: EncodingOptions & JsonOption & RangeWords, command: Command) => {
      const range = rangeOf(options, encodingOf(options));
      const isWhole = Object.values(range).every((bound) => bound === undefined);
      const count = await readStore(dataDirOf(command, context), (engine) => {
        if (isWhole) return engine.size;
        let found = 0;
        for (const _ of engine.keys(range)) found += 1;
        return found;
      });
      await context.stdout.write(options.json === true ? `${JSON.stringify({ count })}\n` : `${count}\n`);
    });
};
