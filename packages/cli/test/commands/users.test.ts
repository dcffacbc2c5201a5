/**
 * Proves that users and API keys are made, listed, changed and ended from a shell, that passwords come from standard
 * input and the master key from a file or the environment, that neither is ever printed, and what is asked before.
 */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { runCommand, type Completed } from '../captured-io.ts';
import { contents } from '../damaged-store.ts';
import { freshDirectory, storeOf } from '../fresh-directory.ts';

const MASTER_KEY = '0123456789abcdef'.repeat(4);

/** A store, and how to run commands on it with the master key. */
function shellOf(dataDir: string): (words: readonly string[], stdin?: string) => Promise<Completed> {
  return (words, stdin) =>
    runCommand([...words, '-d', dataDir], {
      env: { HTKV_MASTER_KEY: MASTER_KEY },
      ...(stdin === undefined ? {} : { stdin: [stdin] }),
    });
}

test('a user is made, listed, given another password, and deleted', async () => {
  const dataDir = join(freshDirectory(), 'store');
  const run = shellOf(dataDir);
  const made = await run(['user', 'add', 'bob'], 'first secret\n');
  expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^usr-[0-9a-f]{16}\n$/) as unknown });
  const userId = made.stdout.trimEnd();
  const alice = await run(['user', 'add', 'Alice', '--json'], 'other secret\r\n');
  expect(JSON.parse(alice.stdout)).toMatchObject({ username: 'Alice' });
  expect(await run(['user', 'add', 'BOB'], 'x y z\n')).toMatchObject({ code: 1, stdout: '' });

  const before = contents(dataDir);
  const plain = `Alice (${(JSON.parse(alice.stdout) as { userId: string }).userId})\nbob (${userId})\n`;
  expect(await runCommand(['list-users', dataDir])).toMatchObject({ code: 0, stdout: plain, stderr: '' });
  expect(await runCommand(['user', 'list', '-d', dataDir, '--plain'], { isTerminal: true })).toMatchObject({
    stdout: plain,
  });
  expect((await runCommand(['list-users', dataDir], { isTerminal: true })).stdout).toMatch(/│ bob +│ usr-/);
  expect(
    JSON.parse((await runCommand(['list-users', '--json', dataDir])).stdout.split('\n')[1]!),
  ).toMatchObject({
    userId,
    username: 'bob',
  });
  expect(contents(dataDir)).toEqual(before);

  const wrong = await run(['user', 'passwd', 'bob'], 'no secret\nsecond secret\n');
  expect(wrong).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/\(CLI_PASSWORD_WRONG\)\n$/) as unknown,
  });
  expect(await run(['user', 'passwd', 'bob'], 'first secret\nsecond secret')).toMatchObject({
    code: 0,
    stdout: '',
  });
  expect(await run(['user', 'passwd', 'bob', '--json'], 'second secret\nthird secret\n')).toMatchObject({
    stdout: '{"changed":true}\n',
  });

  expect(await run(['user', 'delete', 'bob'])).toMatchObject({ code: 2, stdout: '' });
  expect(await run(['user', 'delete', 'bob', '--yes', '--json'])).toMatchObject({
    stdout: `{"deleted":"${userId}"}\n`,
  });
  expect(await run(['user', 'delete', 'bob', '--yes'])).toMatchObject({
    code: 3,
    stderr: 'error: there is no such user (AUTH_USER_NOT_FOUND)\n',
  });
});

test.for([
  ['user', 'add', 'bob'],
  ['user', 'passwd', 'bob'],
  ['user', 'passwd', '--reset', 'bob'],
  ['user', 'delete', 'bob'],
])('nobody is asked anything before the master key is there: %s %s', async (words) => {
  const dataDir = await storeOf([['a', '1']]);
  // Standard input, which would be read, is none.
  expect(await runCommand([...words, '-d', dataDir])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^error: expected the master key: .* \(CLI_USAGE\)\n$/) as unknown,
  });
});

test('an operator resets a password without the old one, by name or id', async () => {
  const dataDir = join(freshDirectory(), 'store');
  const run = shellOf(dataDir);
  const userId = (await run(['user', 'add', 'bob'], 'first secret\n')).stdout.trimEnd();
  const reset = await run(['user', 'passwd', '--reset', 'bob'], 'second secret\n');
  expect(reset).toMatchObject({ code: 0, stdout: '', stderr: '' });
  expect(await run(['user', 'passwd', 'bob'], 'first secret\nthird secret\n')).toMatchObject({ code: 1 });
  expect(await run(['user', 'passwd', 'bob'], 'second secret\nthird secret\n')).toMatchObject({ code: 0 });
  expect(await run(['user', 'passwd', '--reset', '--json', userId], 'fourth secret')).toMatchObject({
    code: 0,
    stdout: '{"changed":true}\n',
  });
  expect(await run(['user', 'passwd', 'bob'], 'fourth secret\nfifth secret\n')).toMatchObject({ code: 0 });
  expect(await run(['user', 'passwd', '--reset', 'nobody'], 'a secret\n')).toMatchObject({
    code: 3,
    stderr: 'error: there is no such user (AUTH_USER_NOT_FOUND)\n',
  });
});

test('an id is the user who has it, whoever took it for a name', async () => {
  const dataDir = join(freshDirectory(), 'store');
  const run = shellOf(dataDir);
  const userId = (await run(['user', 'add', 'bob'], 'secret of bob\n')).stdout.trimEnd();
  const other = (await run(['user', 'add', userId], 'other secret\n')).stdout.trimEnd();
  expect(await run(['user', 'delete', '--yes', '--json', userId])).toMatchObject({
    stdout: `{"deleted":"${userId}"}\n`,
  });
  expect(await run(['user', 'delete', '--yes', '--json', userId])).toMatchObject({
    stdout: `{"deleted":"${other}"}\n`,
  });
});

test('passwords that are not UTF-8 are refused, not made into something that others fit', async () => {
  const dataDir = join(freshDirectory(), 'store');
  const stdin = [Buffer.from('caf\u00e9\n', 'latin1')];
  const env = { HTKV_MASTER_KEY: MASTER_KEY };
  expect(await runCommand(['user', 'add', '-d', dataDir, 'bob'], { env, stdin })).toMatchObject({
    code: 2,
    stderr: 'error: expected passwords on standard input as UTF-8 (CLI_USAGE)\n',
  });
  expect(await runCommand(['list-users', dataDir])).toMatchObject({ code: 1 });
});

test('an API key is made, rotated, listed and revoked; its token is printed once', async () => {
  const dataDir = join(freshDirectory(), 'store');
  const run = shellOf(dataDir);
  await run(['user', 'add', 'bob'], 'secret of bob\n');
  const made = await run([
    'apikey',
    'create',
    'bob',
    '--label',
    'deploy',
    '--scope',
    'a',
    '--scope',
    'b',
    '--json',
  ]);
  const { keyId, token, scopes } = JSON.parse(made.stdout) as {
    keyId: string;
    token: string;
    scopes: string[];
  };
  expect(scopes).toEqual(['a', 'b']);
  expect(token.startsWith(keyId)).toBe(true);
  const second = await run(['apikey', 'create', 'bob', '--expires', '2100-01-01']);
  expect(second).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^token of key-\S+; it is not/) as unknown,
  });

  const listed = await run(['apikey', 'list', 'bob']);
  const lines = listed.stdout.split('\n').slice(0, -1);
  expect(lines.length).toBe(2);
  expect(lines).toContain(`${keyId}\tdeploy\ta b\tnever\tnever`);
  expect(listed.stdout).toMatch(/\t\t\t2100-01-01T00:00:00.000Z\tnever$/m);
  expect(listed.stdout).not.toContain(token.slice(keyId.length));
  const rotated = await run(['apikey', 'rotate', keyId, '--overlap-ms', '0']);
  expect(rotated.stdout.startsWith(keyId)).toBe(true);
  expect(rotated.stdout.trimEnd()).not.toBe(token);

  expect(await run(['apikey', 'revoke', keyId])).toMatchObject({ code: 2 });
  expect(await run(['apikey', 'revoke', keyId, '-y'])).toMatchObject({ code: 0, stdout: '' });
  expect(await run(['apikey', 'revoke', keyId, '-y'])).toMatchObject({ code: 3 });
  expect((await run(['apikey', 'list', 'bob', '--json'])).stdout.trimEnd().split('\n').length).toBe(1);
  expect(await run(['apikey', 'create', 'nobody'])).toMatchObject({ code: 3, stdout: '' });
  expect(await run(['apikey', 'create', 'bob', '--expires', 'tomorrow'])).toMatchObject({ code: 2 });
});

test('the master key is a file of digits or bytes, and no part of it is told when it is wrong', async () => {
  const directory = freshDirectory();
  const dataDir = join(directory, 'store');
  const file = join(directory, 'master.key');
  const add = async (name: string): Promise<Completed> =>
    runCommand(['user', 'add', '-d', dataDir, '--master-key-file', file, name], { stdin: ['the secret'] });
  const bytes = randomBytes(32);
  for (const [name, content] of [
    ['one', bytes],
    ['two', `${bytes.toString('hex')}\n`],
    ['three', bytes.toString('base64')],
  ] as const) {
    writeFileSync(file, content);
    expect(await add(name)).toMatchObject({ code: 0 });
  }
  writeFileSync(file, 'abcdef');
  expect(await add('four')).toMatchObject({
    code: 2,
    stderr:
      'error: expected the file to hold a key of 32 bytes, in hexadecimal digits or base64 (CLI_USAGE)\n',
  });
  expect(await runCommand(['apikey', 'list', '-d', dataDir, 'one'])).toMatchObject({ code: 2, stdout: '' });
  expect((await runCommand(['list-users', dataDir])).stdout).toMatch(/^one .*\nthree .*\ntwo .*\n$/);
});

test('a password that is missing is a wrong command line, and makes no store', async () => {
  const dataDir = join(freshDirectory(), 'store');
  const run = shellOf(dataDir);
  expect(await run(['user', 'add', 'bob'], '')).toMatchObject({ code: 2, stdout: '' });
  expect(await runCommand(['list-users', dataDir])).toMatchObject({ code: 1 });
});

test('a store without users says so', async () => {
  expect(await runCommand(['list-users', await storeOf([])])).toMatchObject({
    code: 0,
    stdout: 'no users found\n',
  });
});
