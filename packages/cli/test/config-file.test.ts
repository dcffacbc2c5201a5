/**
 * Proves what the configuration file decides and what goes before it, that it may be missing where nobody named it, and
 * that a wrong one is told and not passed over. Also the switches that every command has.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { runCommand } from './captured-io.ts';
import { freshDirectory, storeOf } from './fresh-directory.ts';

function configOf(content: string): { HTKV_CONFIG: string } {
  const path = join(freshDirectory(), 'config.json');
  writeFileSync(path, content);
  return { HTKV_CONFIG: path };
}

test('the directory comes from the file, unless environment or command line say otherwise', async () => {
  const [one, two, three] = [
    await storeOf([['a', '1']]),
    await storeOf([['a', '2']]),
    await storeOf([['a', '3']]),
  ];
  const env = configOf(JSON.stringify({ dataDir: one }));
  const get = async (words: string[], more: Record<string, string> = {}): Promise<string> =>
    (await runCommand(['get', 'a', ...words], { env: { ...env, ...more } })).stdout;
  expect(await get([])).toBe('1');
  expect(await get([], { HTKV_DATA_DIR: two })).toBe('2');
  expect(await get(['-d', three], { HTKV_DATA_DIR: two })).toBe('3');
});

test('the usual place is that of configurations, and may be empty', async () => {
  const dataDir = await storeOf([['a', '1']]);
  const home = freshDirectory();
  expect(await runCommand(['get', 'a', '-d', dataDir], { env: { HOME: home } })).toMatchObject({ code: 0 });
  const xdg = freshDirectory();
  for (const [base, env] of [
    [join(home, '.config'), { HOME: home }],
    [xdg, { HOME: home, XDG_CONFIG_HOME: xdg }],
  ] as const) {
    mkdirSync(join(base, 'htkvctl'), { recursive: true });
    writeFileSync(join(base, 'htkvctl', 'config.json'), JSON.stringify({ dataDir }));
    expect(await runCommand(['get', 'a'], { env })).toMatchObject({ code: 0, stdout: '1' });
  }
});

test.for<{ content: string; says: RegExp }>([
  { content: '{', says: /to hold JSON \(CLI_USAGE\)/ },
  { content: '[]', says: /to hold an object \(CLI_USAGE\)/ },
  { content: '{"datadir":"x"}', says: /to have the members dataDir, .* only \(CLI_USAGE\)/ },
  { content: '{"quiet":"yes"}', says: /expected quiet in .* to be a boolean \(CLI_USAGE\)/ },
])('$content is refused', async ({ content, says }) => {
  const completed = await runCommand(['--help'], { env: configOf(content) });
  expect(completed).toMatchObject({ code: 2, stdout: '' });
  expect(completed.stderr).toMatch(says);
});

test('a file that was named has to be there', async () => {
  const env = { HTKV_CONFIG: join(freshDirectory(), 'missing.json') };
  const completed = await runCommand(['--help'], { env });
  expect(completed).toMatchObject({ code: 1, stdout: '' });
  expect(completed.stderr).toMatch(/\(ENOENT\) \(CLI_INPUT\)\n$/);
});

test('words for a person are left out where nobody wants them', async () => {
  const put = async (...words: string[]): Promise<string> =>
    (await runCommand(['put', '-d', join(freshDirectory(), 's'), 'a', '1', ...words], { isTerminal: true }))
      .stderr;
  expect(await put()).toBe('on disk\n');
  expect(await put('--quiet')).toBe('');
  const env = configOf('{"quiet":true,"color":false}');
  const dataDir = join(freshDirectory(), 's');
  expect((await runCommand(['put', '-d', dataDir, 'a', '1'], { isTerminal: true, env })).stderr).toBe('');
  expect((await runCommand(['segments', dataDir], { isTerminal: true })).stdout).toContain('\u001b[1m');
  for (const completed of [
    await runCommand(['segments', dataDir], { isTerminal: true, env }),
    await runCommand(['segments', dataDir, '--no-color'], { isTerminal: true }),
    await runCommand(['--no-color', 'segments', dataDir], { isTerminal: true, env: { FORCE_COLOR: '1' } }),
    await runCommand(['segments', dataDir], { isTerminal: true, env: { NO_COLOR: '1' } }),
  ]) {
    expect(completed.stdout).not.toContain('\u001b[1m');
  }
});
