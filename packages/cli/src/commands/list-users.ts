/** `list-users`, and `user list`, which is the same: prints the users of a store. Needs no master key. */
import { Option, type Command } from 'commander';
import type { readUsers } from '@htkv/auth';

import { shownUser } from '../auth-store.ts';
import {
  addStoreCommand,
  dataDirOf,
  jsonOption,
  type CommandContext,
  type CommandDefinition,
  type JsonOption,
} from '../command-context.ts';
import { readStore } from '../open-store.ts';
import { readableTime, tableOf } from '../plain-table.ts';
import { withoutControls } from '../printable.ts';

interface ListUsersWords extends JsonOption {
  readonly plain?: boolean;
  readonly table?: boolean;
}

type ListedUser = ReturnType<typeof readUsers>[number];

const EXAMPLE = `htkvctl list-users ./kv-data
htkvctl list-users --json ./kv-data | jq -r .username`;

export const addListUsers: CommandDefinition = (program, context) => {
  describeListUsers(addStoreCommand(program, 'list-users', EXAMPLE), context);
};

/** Makes `command` one that lists users. */
export function describeListUsers(command: Command, context: CommandContext): void {
  command
    .summary('print the users')
    .description('Print the users in the order of their names: a table on a terminal, plain lines elsewhere.')
    .argument('[dir]', 'directory of the store, in place of --data-dir')
    .addOption(new Option('--table', 'a table, also where nobody looks').conflicts(['plain', 'json']))
    .addOption(new Option('--plain', 'plain lines, also on a terminal').conflicts('json'))
    .addOption(jsonOption('one line of JSON for each user'))
    .action(async (directory: string | undefined, words: ListUsersWords, self: Command) => {
      const dataDir = dataDirOf(self, context, directory);
      const auth = await import('@htkv/auth');
      const users = await readStore(dataDir, (engine) => auth.readUsers(engine));
      await print(context, words, users.toSorted(byName));
    });
}

async function print(
  { stdout, style }: CommandContext,
  words: ListUsersWords,
  users: readonly ListedUser[],
): Promise<void> {
  if (words.json === true) {
    for (const user of users) await stdout.writeJson(shownUser(user));
  } else if (users.length === 0) {
    await stdout.write('no users found\n');
  } else if (words.table === true || (stdout.isTerminal && words.plain !== true)) {
    const columns = ['user', 'id', 'made', 'last login'].map((title) => ({ title, align: 'left' as const }));
    const rows = users.map(({ username, userId, createdAt, lastLogin }) => [
      withoutControls(username),
      userId,
      readableTime(createdAt),
      lastLogin === undefined ? 'never' : readableTime(lastLogin),
    ]);
    await stdout.write(await tableOf(columns, rows, style));
  } else {
    for (const { username, userId } of users)
      await stdout.write(`${withoutControls(username)} (${userId})\n`);
  }
}

function byName(left: ListedUser, right: ListedUser): number {
  return left.username < right.username ? -1 : Number(left.username > right.username);
}
