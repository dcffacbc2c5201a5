/**
 * `upgrade`: brings the files of a store to the format of this build, or says that they have it. There has been one
 * version so far, so there is no step to take: it looks at every file and changes none.
 */
import type { Command } from 'commander';
import type { FormatSurvey } from '@htkv/engine';

import {
  addStoreCommand,
  dataDirOf,
  jsonOption,
  type CommandDefinition,
  type JsonOption,
} from '../command-context.ts';
import { grouped } from '../plain-table.ts';

type FormatVersion = FormatSurvey['known'];

const EXAMPLE = `htkvctl upgrade ./kv-data
htkvctl upgrade --json ./kv-data | jq -r .format`;

export const addUpgrade: CommandDefinition = (program, context) => {
  addStoreCommand(program, 'upgrade', EXAMPLE)
    .summary('bring the files of a store to the format of this build')
    .description(
      'Print which version of the format the store has, and bring it to the newest that this build knows. So far there ' +
        'is one, 1.0: the header of every file is read, nothing is changed, and it works beside a service. A store in a ' +
        'format that this build does not know is refused with both versions (exit code 1), a damaged one with file and ' +
        'byte (exit code 5). Opening a store never changes its version.',
    )
    .argument('[dir]', 'directory of the store, in place of --data-dir')
    .addOption(jsonOption('{"format":"1.0","newest":"1.0","files":7,"upgraded":false}'))
    .action(async (directory: string | undefined, words: JsonOption, command: Command) => {
      const { stdout } = context;
      const { formatOfFiles } = await import('@htkv/engine');
      const { known, files } = formatOfFiles(dataDirOf(command, context, directory));
      const stored = files.map(({ version }) => version).reduce(newer, { major: 0, minor: 0 });
      if (words.json === true) {
        const shown = {
          format: text(stored),
          newest: text(known),
          files: files.length,
          upgraded: false,
        };
        await stdout.writeJson(shown);
        return;
      }
      const relation = text(stored) === text(known) ? 'the newest that this build knows' : 'of a newer build';
      await stdout.write(
        `format ${text(stored)}, ${relation}; ${grouped(files.length)} files, nothing to upgrade\n`,
      );
    });
};

function newer(one: FormatVersion, other: FormatVersion): FormatVersion {
  const isNewer = other.major === one.major ? other.minor > one.minor : other.major > one.major;
  return isNewer ? other : one;
}

function text({ major, minor }: FormatVersion): string {
  return `${major}.${minor}`;
}
