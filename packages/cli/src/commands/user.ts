/** `user`: makes, lists and deletes users, and changes passwords, which are never words of a command line. */
import type { Command } from 'commander';

import { authAccess, changeAuth, shownUser, userNamed } from '../auth-store.ts';
import {
  addCommand,
  addStoreCommand,
  jsonOption,
  type CommandContext,
  type CommandDefinition,
  type JsonOption,
} from '../command-context.ts';
import { describeListUsers } from './list-users.ts';
import { passwordWrong, userNotFound } from '../failure.ts';
import { masterKeyOption } from '../master-key.ts';
import { confirmOrRefuse, SecretReader } from '../prompts.ts';
import { confirmDone } from '../say.ts';

const EXAMPLE = `htkvctl user add --data-dir ./kv-data --master-key-file master.key alice
htkvctl user list ./kv-data`;
const ADD_EXAMPLE = `htkvctl user add --data-dir ./kv-data --master-key-file master.key alice
pass show alice | htkvctl user add --data-dir ./kv-data --master-key-file master.key alice`;
const PASSWD_EXAMPLE = `htkvctl user passwd --data-dir ./kv-data --master-key-file master.key alice
printf '%s\\n' "$OLD" "$NEW" | htkvctl user passwd --data-dir ./kv-data --master-key-file master.key alice
printf '%s\\n' "$NEW" | htkvctl user passwd --reset --data-dir ./kv-data --master-key-file master.key alice`;
const DELETE_EXAMPLE = `htkvctl user delete --data-dir ./kv-data --master-key-file master.key alice`;
const LIST_EXAMPLE = `htkvctl user list ./kv-data`;

export const addUser: CommandDefinition = (program, context) => {
  const user = addCommand(program, 'user', EXAMPLE)
    .summary('make, list and delete users, and change passwords')
    .description('Make, list and delete users, and change passwords.');
  describeListUsers(addStoreCommand(user, 'list', LIST_EXAMPLE), context);
  describeAdd(addStoreCommand(user, 'add', ADD_EXAMPLE), context);
  describePasswd(addStoreCommand(user, 'passwd', PASSWD_EXAMPLE), context);
  describeDelete(addStoreCommand(user, 'delete', DELETE_EXAMPLE), context);
};

function describeAdd(add: Command, context: CommandContext): void {
  add
    .summary('make a user')
    .description('Make a user. The password is asked for, or is the first line of standard input.')
    .argument('<name>', 'name of the new user')
    .addOption(masterKeyOption())
    .addOption(jsonOption('the user as one line of JSON'))
    .action(async (name: string, words: JsonOption, command: Command) => {
      const access = authAccess(command, context);
      const password = await new SecretReader(context).read('the password', true);
      const user = await changeAuth(access, true, (auth) => auth.createUser(name, password));
      await context.stdout.write(
        words.json === true ? `${JSON.stringify(shownUser(user))}\n` : `${user.userId}\n`,
      );
    });
}

function describePasswd(passwd: Command, context: CommandContext): void {
  passwd
    .summary('change a password')
    .description(
      'Change the password of a user. The old one and the new one are asked for, or are two lines of standard ' +
        'input. With --reset only the new one is, which is for an operator: failed logins are forgotten, too. API keys ' +
        'stay valid. Exit code 1 if the old password is wrong, 3 if there is no user to reset.',
    )
    .argument('<user>', 'name, with --reset also the id')
    .option('--reset', 'without the old password')
    .addOption(masterKeyOption())
    .addOption(jsonOption('{"changed":true}'))
    .action(async (user: string, words: JsonOption & { reset?: boolean }, command: Command) => {
      const access = authAccess(command, context);
      const reader = new SecretReader(context);
      const old = words.reset === true ? undefined : await reader.read('the old password', false);
      const next = await reader.read('the new password', true);
      const changed = await changeAuth(access, false, async (auth) => {
        if (old !== undefined) return auth.changePassword(user, old, next);
        return auth.resetPassword((await userNamed(auth, user)).userId, next);
      });
      if (!changed) throw old === undefined ? userNotFound() : passwordWrong();
      if (words.json === true) await context.stdout.writeJson({ changed });
      else await confirmDone(context, 'changed, on disk');
    });
}

function describeDelete(remove: Command, context: CommandContext): void {
  remove
    .summary('delete a user')
    .description('Delete a user with all API keys. Asks before; --yes says yes.')
    .argument('<user>', 'name or id')
    .option('-y, --yes', 'do not ask')
    .addOption(masterKeyOption())
    .addOption(jsonOption('{"deleted":"usr-..."}'))
    .action(async (nameOrId: string, words: JsonOption & { yes?: boolean }, command: Command) => {
      const access = authAccess(command, context);
      const question = 'Delete this user with all API keys?';
      await confirmOrRefuse(context, question, words.yes === true);
      const deleted = await changeAuth(access, false, async (auth) => {
        const { userId } = await userNamed(auth, nameOrId);
        await auth.deleteUser(userId);
        return userId;
      });
      if (words.json === true) await context.stdout.writeJson({ deleted });
      else await confirmDone(context, `${deleted} deleted, on disk`);
    });
}
