/** `put`: sets a key. Returns when the write is on disk and the store is closed. */
import { Option, type Command } from 'commander';

import { changeStore } from '../open-store.ts';
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
import { conditionFailed } from '../failure.ts';
import { keyArgument } from '../key-argument.ts';
import { wholeNumber } from '../range-options.ts';
import { confirmDone } from '../say.ts';
import { duration, moment } from '../time-argument.ts';
import { readValue } from '../value-source.ts';

interface PutOptions extends EncodingOptions, JsonOption {
  readonly literal?: boolean;
  readonly ttl?: number;
  readonly expiresAt?: number;
  readonly ifAbsent?: boolean;
  readonly ifPresent?: boolean;
  readonly ifVersion?: number;
}

const EXAMPLE = `htkvctl put --data-dir ./kv-data greeting hello
date | htkvctl put --data-dir ./kv-data last-visit -
htkvctl put --data-dir ./kv-data photo @photo.jpg
htkvctl put --data-dir ./kv-data --if-absent --ttl 15m leader node-7`;

export const addPut: CommandDefinition = (program, context) => {
  addEncodingOptions(addStoreCommand(program, 'put', EXAMPLE), 'KEY and VALUE')
    .summary('set a key')
    .description(
      'Set KEY to VALUE. Done when it is on disk. A store that is not there is created, unless something must be in ' +
        'it. Exit code 6, and nothing changed, if a condition does not hold.',
    )
    .argument('<key>', 'text, or digits with --hex or --base64')
    .argument('<value>', "as KEY; '-' reads standard input, '@FILE' a file, to the last byte")
    .option('--literal', "take VALUE as it stands, even '-' or '@name': for scripts")
    .addOption(
      new Option('--ttl <time>', 'gone after that time, as 90s, 15m, 12h or 7d')
        .argParser(duration)
        .conflicts('expiresAt'),
    )
    .option('--expires-at <date>', 'gone from then on, as 2027-01-01 or 2027-01-01T12:00:00Z', moment)
    .addOption(
      new Option('--if-absent', 'only if there is no such key').conflicts(['ifPresent', 'ifVersion']),
    )
    .option('--if-present', 'only if the key is there')
    .option(
      '--if-version <version>',
      'only if the key has this version, as get --json prints it',
      wholeNumber,
    )
    .addOption(jsonOption('{"outcome":"applied"}, or "conflict" if a condition does not hold'))
    .action(async (keyText: string, valueText: string, options: PutOptions, command: Command) => {
      const { io, stdout } = context;
      const dataDir = dataDirOf(command, context);
      const encoding = encodingOf(options);
      const key = keyArgument(keyText, encoding);
      const value = await readValue(valueText, { encoding, isLiteral: options.literal === true }, io.stdin);
      const { ttl, expiresAt, ifAbsent, ifPresent, ifVersion } = options;
      const conditions = { ifAbsent, ifPresent, ifVersion };
      // Where something must be there, a new store would be of no use.
      const createIfMissing = ifPresent !== true && ifVersion === undefined;
      const outcome = await changeStore(dataDir, createIfMissing, (engine) =>
        engine.put(key, value, { durability: 'disk', ttl, expiresAt, ...conditions }),
      );
      if (options.json === true) await stdout.writeJson({ outcome });
      if (outcome === 'conflict') throw conditionFailed();
      if (options.json === true) return;
      await confirmDone(context, 'on disk');
    });
};
