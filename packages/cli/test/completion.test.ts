/**
 * Proves that the completion scripts know every command and option: bash runs its script and is asked what it offers;
 * those for zsh and fish are read, since not every machine has these shells.
 */
import { execFileSync } from 'node:child_process';

import { expect, test } from 'vitest';

import { runCommand } from './captured-io.ts';

async function scriptFor(shell: string): Promise<string> {
  const { code, stdout, stderr } = await runCommand(['completion', shell]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

function offers(script: string, words: readonly string[]): string[] {
  const asked = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
_htkvctl
printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', `${script}\n${asked}`], { encoding: 'utf8' })
    .trimEnd()
    .split('\n');
}

test('bash offers commands, commands of commands, and options', async () => {
  const script = await scriptFor('bash');
  expect(offers(script, ['htkvctl', 'li'])).toEqual(['list', 'list-users']);
  expect(offers(script, ['htkvctl', 'user', ''])).toEqual(
    expect.arrayContaining(['add', 'passwd', 'delete', 'list']),
  );
  expect(offers(script, ['htkvctl', '-q', 'user', 'p'])).toEqual(['passwd']);
  expect(offers(script, ['htkvctl', 'list', '--pre'])).toEqual(['--prefix']);
  expect(offers(script, ['htkvctl', 'apikey', 'create', 'bob', '--sc'])).toEqual(['--scope']);
  expect(offers(script, ['htkvctl', 'nothing', 'user'])).toEqual(['user']);
});

test('zsh and fish are told every command and option', async () => {
  const [zsh, fish] = [await scriptFor('zsh'), await scriptFor('fish')];
  expect(zsh).toMatch(/^#compdef htkvctl\n/);
  expect(zsh).toContain(`    'salvage:save what is left of a damaged store'\n`);
  expect(zsh).toMatch(/^_htkvctl_apikey_create\(\) \{$/m);
  expect(zsh).toContain(`'--scope[what the key is for; may be repeated]:value:_files' \\`);
  expect(fish).toContain(`complete -c htkvctl -n __fish_use_subcommand -f -a salvage -d 'save what is left`);
  expect(fish).toMatch(/^complete -c htkvctl -n '.* apikey; .* create' -l scope -r -d /m);
});

test('another shell is not known', async () => {
  expect(await runCommand(['completion', 'csh'])).toMatchObject({ code: 2, stdout: '' });
});
