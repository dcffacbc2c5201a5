/**
 * `unlock`: says who holds the writer's lock of a store, and removes it only where the holder cannot be looked at from
 * here. A lock whose holder runs is never removed, and one whose holder is gone needs no removing.
 */
import type { Command } from 'commander';
import { CodedError, type LockSurvey } from '@htkv/engine';

import {
  addStoreCommand,
  dataDirOf,
  jsonOption,
  type CommandDefinition,
  type JsonOption,
} from '../command-context.ts';
import { withoutControls } from '../printable.ts';
import { confirmOrRefuse } from '../prompts.ts';
import { say } from '../say.ts';

const EXAMPLE = `htkvctl unlock ./kv-data`;

export const addUnlock: CommandDefinition = (program, context) => {
  addStoreCommand(program, 'unlock', EXAMPLE)
    .summary('say who has a store open for writing, and free it if that one is lost')
    .description(
      'Say who holds the lock of the store. If that process runs, nothing is done (exit code 4); if it is gone, nothing ' +
        'has to be done. If it is on another machine, or in a container that cannot be looked into, the lock is removed ' +
        'after a question; --yes says that the process is known to be gone. Two writers would destroy the store.',
    )
    .argument('[dir]', 'directory of the store, in place of --data-dir')
    .option('-y, --yes', 'the holder is known to be gone: do not ask')
    .addOption(jsonOption('{"holder":"none"|"gone"|"removed","pid":7,"host":"...","since":"..."}'))
    .action(
      async (directory: string | undefined, words: JsonOption & { yes?: boolean }, command: Command) => {
        const dataDir = dataDirOf(command, context, directory);
        const { lockHolderOf, removeLockFile } = await import('@htkv/engine');
        const seen = lockHolderOf(dataDir);
        const print = async (holder: 'none' | 'gone' | 'removed', text: string): Promise<void> => {
          const { pid, host, since } = seen ?? {};
          if (words.json === true) {
            await context.stdout.writeJson({ holder, pid, host, since });
          } else await say(context, text);
        };
        if (seen === undefined) {
          await print('none', 'nobody has the store open for writing');
          return;
        }
        const who = describe(seen);
        if (seen.verdict === 'held') throw stillHeld(dataDir, who, seen);
        if (seen.verdict === 'gone') {
          await print(
            'gone',
            `the lock of ${who}, which is gone: whoever opens the store next takes it over`,
          );
          return;
        }
        await say(context, `the lock of ${who}, which cannot be looked at from here`);
        await confirmOrRefuse(context, 'Is it certain that this process is gone?', words.yes === true);
        if (!removeLockFile(dataDir, seen))
          throw stillHeld(dataDir, 'another process, since a moment ago', seen);
        await print('removed', 'removed');
      },
    );
};

function describe({ pid, host, since }: LockSurvey): string {
  if (pid === undefined) return 'somebody who has not said who it is';
  return withoutControls(`process ${pid} on host ${host ?? 'unknown'} since ${since ?? 'unknown'}`);
}

function stillHeld(dataDir: string, who: string, { pid, host, since }: LockSurvey): CodedError {
  return new CodedError(
    'STORAGE_LOCKED',
    `directory ${dataDir} is in use by ${who}; end that process first`,
    {
      details: { path: dataDir, pid, host, since },
    },
  );
}
