/** `apikey`: makes, lists, rotates and revokes API keys. A token is printed once, when it is made. */
import type { Command } from 'commander';
import type { ApiKeyRecord, IssuedApiKey } from '@htkv/auth';

import { authAccess, changeAuth, readAuth, shownKey, userNamed } from '../auth-store.ts';
import {
  addCommand,
  addStoreCommand,
  jsonOption,
  type CommandContext,
  type CommandDefinition,
  type JsonOption,
} from '../command-context.ts';
import { apiKeyNotFound } from '../failure.ts';
import { masterKeyOption } from '../master-key.ts';
import { readableTime, tableOf } from '../plain-table.ts';
import { withoutControls } from '../printable.ts';
import { confirmOrRefuse } from '../prompts.ts';
import { wholeNumber } from '../range-options.ts';
import { confirmDone, say } from '../say.ts';
import { moment } from '../time-argument.ts';

interface CreateWords extends JsonOption {
  readonly label?: string;
  readonly scope?: string[];
  readonly expires?: number;
}

const COMMON = '--data-dir ./kv-data --master-key-file master.key';
const EXAMPLE = `htkvctl apikey create ${COMMON} --label deploy alice
htkvctl apikey list ${COMMON} alice`;
const CREATE_EXAMPLE = `htkvctl apikey create ${COMMON} --scope read --expires 2027-01-01 alice`;
const LIST_EXAMPLE = `htkvctl apikey list ${COMMON} alice`;
const ROTATE_EXAMPLE = `htkvctl apikey rotate ${COMMON} --overlap-ms 60000 key-0123456789abcdef`;
const REVOKE_EXAMPLE = `htkvctl apikey revoke ${COMMON} key-0123456789abcdef`;

export const addApiKey: CommandDefinition = (program, context) => {
  const apikey = addCommand(program, 'apikey', EXAMPLE)
    .summary('make, list, rotate and revoke API keys')
    .description('Make, list, rotate and revoke API keys.');
  describeCreate(addStoreCommand(apikey, 'create', CREATE_EXAMPLE), context);
  describeList(addStoreCommand(apikey, 'list', LIST_EXAMPLE), context);
  describeRotate(addStoreCommand(apikey, 'rotate', ROTATE_EXAMPLE), context);
  describeRevoke(addStoreCommand(apikey, 'revoke', REVOKE_EXAMPLE), context);
};

function describeCreate(create: Command, context: CommandContext): void {
  create
    .summary('make an API key')
    .description(
      'Make an API key of a user and print its token, which is stored nowhere and never shown again.',
    )
    .argument('<user>', 'name or id')
    .option('--label <label>', 'what people call the key')
    .option('--scope <scope>', 'what the key is for; may be repeated', gathered)
    .option('--expires <date>', 'until when it is valid, as 2027-01-01 or 2027-01-01T12:00:00Z', moment)
    .addOption(masterKeyOption())
    .addOption(jsonOption('key and token as one line of JSON'))
    .action(async (nameOrId: string, words: CreateWords, command: Command) => {
      const access = authAccess(command, context);
      const { label, scope: scopes, expires: expiresAt } = words;
      const issued = await changeAuth(access, false, async (auth) => {
        const { userId } = await userNamed(auth, nameOrId);
        return auth.createApiKey(userId, label, { scopes, expiresAt });
      });
      await printIssued(context, words, issued);
    });
}

function describeList(list: Command, context: CommandContext): void {
  list
    .summary('print the API keys of a user')
    .description(
      'Print the API keys of a user, expired ones too: a table on a terminal, plain lines elsewhere.',
    )
    .argument('<user>', 'name or id')
    .addOption(masterKeyOption())
    .addOption(jsonOption('one line of JSON for each key'))
    .action(async (nameOrId: string, words: JsonOption, command: Command) => {
      const access = authAccess(command, context);
      const keys = await readAuth(access, async (auth) =>
        auth.listApiKeys((await userNamed(auth, nameOrId)).userId),
      );
      await printKeys(context, words, keys);
    });
}

function describeRotate(rotate: Command, context: CommandContext): void {
  rotate
    .summary('give an API key a new token')
    .description(
      'Give an API key a new token and print it. The old one stays valid for the overlap, an hour.',
    )
    .argument('<key-id>', 'as apikey list prints it')
    .option('--overlap-ms <count>', 'how long the old token stays valid; 0 ends it now', wholeNumber)
    .addOption(masterKeyOption())
    .addOption(jsonOption('key and token as one line of JSON'))
    .action(async (keyId: string, words: JsonOption & { overlapMs?: number }, command: Command) => {
      const access = authAccess(command, context);
      const { overlapMs } = words;
      const issued = await changeAuth(access, false, (auth) => auth.rotateApiKey(keyId, { overlapMs }));
      await printIssued(context, words, issued);
    });
}

function describeRevoke(revoke: Command, context: CommandContext): void {
  revoke
    .summary('end an API key now')
    .description('End an API key now. Asks before; --yes says yes. Exit code 3 if there is no such key.')
    .argument('<key-id>', 'as apikey list prints it')
    .option('-y, --yes', 'do not ask')
    .addOption(masterKeyOption())
    .addOption(jsonOption('{"revoked":"key-..."}'))
    .action(async (keyId: string, words: JsonOption & { yes?: boolean }, command: Command) => {
      const access = authAccess(command, context);
      await confirmOrRefuse(context, 'End this API key now?', words.yes === true);
      const isRevoked = await changeAuth(access, false, (auth) => auth.revokeApiKey(keyId));
      if (!isRevoked) throw apiKeyNotFound();
      if (words.json === true) await context.stdout.writeJson({ revoked: keyId });
      else await confirmDone(context, 'revoked, on disk');
    });
}

async function printIssued(context: CommandContext, words: JsonOption, issued: IssuedApiKey): Promise<void> {
  const [record, token] = issued;
  if (words.json === true) {
    await context.stdout.writeJson({ ...shownKey(record), token });
    return;
  }
  await context.stdout.write(`${token}\n`);
  await context.stdout.flush();
  await say(context, `token of ${record.keyId}; it is not shown again`);
}

async function printKeys(
  { stdout, style }: CommandContext,
  words: JsonOption,
  keys: readonly ApiKeyRecord[],
): Promise<void> {
  if (words.json === true) {
    for (const key of keys) await stdout.writeJson(shownKey(key));
    return;
  }
  const rows = keys.map(({ keyId, label, scopes, expiresAt, lastUsed }) => [
    keyId,
    withoutControls(label ?? ''),
    withoutControls(scopes.join(' ')),
    expiresAt === undefined ? 'never' : readableTime(expiresAt),
    lastUsed === undefined ? 'never' : readableTime(lastUsed),
  ]);
  if (stdout.isTerminal) {
    const titles = ['key', 'label', 'scopes', 'expires', 'last used'];
    const columns = titles.map((title) => ({ title, align: 'left' as const }));
    await stdout.write(await tableOf(columns, rows, style));
  } else for (const row of rows) await stdout.write(`${row.join('\t')}\n`);
}

function gathered(scope: string, before: string[] | undefined): string[] {
  return [...(before ?? []), scope];
}
