/** Proves the three forms in which `segments` prints the log, and which of them is chosen where. */
import { stripVTControlCharacters } from 'node:util';

import { expect, test } from 'vitest';

import { runCommand } from '../captured-io.ts';
import { storeOf } from '../fresh-directory.ts';

const SEGMENT_BYTES = 4096;

/** A store of several segments, since each value takes a third of one. */
function storeOfSegments(): Promise<string> {
  const entries = Array.from({ length: 12 }, (_, index) => [`key:${index}`, 'v'.repeat(1300)] as const);
  return storeOf(entries, SEGMENT_BYTES);
}

test('in a pipe there is a plain line for each segment, oldest first', async () => {
  const dataDir = await storeOfSegments();
  const { code, stdout, stderr } = await runCommand(['segments', dataDir]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.split('\n').slice(0, -1);
  expect(lines.length).toBeGreaterThan(2);
  const found = lines.map((line) =>
    /^segment-(\d{5}) entries:(\d+) bytes:(\d+)$/.exec(line)?.slice(1).map(Number),
  );
  expect(found.map((numbers) => numbers?.[0])).toEqual(lines.map((_, index) => index + 1));
  expect(found.reduce((sum, numbers) => sum + numbers![1]!, 0)).toBe(12);
  for (const numbers of found) expect(numbers![2]).toBeLessThanOrEqual(SEGMENT_BYTES);
});

test('the directory is the last argument, the option or the environment', async () => {
  const dataDir = await storeOf([['key', 'value']]);
  const expected = {
    code: 0,
    stdout: expect.stringMatching(/^segment-00001 entries:1 bytes:\d+\n$/) as unknown,
  };
  expect(await runCommand(['segments', dataDir])).toMatchObject(expected);
  expect(await runCommand(['segments', '-d', dataDir])).toMatchObject(expected);
  expect(await runCommand(['segments', '-d', dataDir, dataDir])).toMatchObject(expected);
  expect(await runCommand(['-d', dataDir, 'segments'])).toMatchObject(expected);
  expect(await runCommand(['segments'], { env: { HTKV_DATA_DIR: dataDir } })).toMatchObject(expected);
  expect(await runCommand(['segments', '-d', 'other', dataDir])).toMatchObject({ code: 2 });
});

test('on a terminal there is a table with a total', async () => {
  const dataDir = await storeOfSegments();
  const { stdout } = await runCommand(['segments', dataDir], { isTerminal: true, env: { NO_COLOR: '1' } });
  expect(stdout).toContain('│ segment │ state  │ entries │ deletes │');
  expect(stdout).toMatch(/│ +1 │ sealed │/);
  expect(stdout).toMatch(/│ +total │ +│ +12 │ +0 │ +1\d,\d{3} │/);
});

test('a table in a pipe and plain lines on a terminal are there for the asking', async () => {
  const dataDir = await storeOf([['key', 'value']]);
  expect((await runCommand(['segments', dataDir, '--table'])).stdout).toMatch(/^┌─/);
  expect((await runCommand(['segments', dataDir, '--plain'], { isTerminal: true })).stdout).toMatch(
    /^segment-00001 /,
  );
});

test('the table is coloured for a person who wants colours', async () => {
  const dataDir = await storeOf([['key', 'value']]);
  const shown = async (env: Record<string, string>, isTerminal: boolean): Promise<string> =>
    (await runCommand(['segments', dataDir, '--table'], { isTerminal, env })).stdout;
  const coloured = await shown({}, true);
  expect(coloured).toContain('\u001b[1m');
  const plain = stripVTControlCharacters(coloured);
  expect(await shown({ NO_COLOR: '1' }, true)).toBe(plain);
  expect(await shown({ TERM: 'dumb' }, true)).toBe(plain);
  expect(await shown({}, false)).toBe(plain);
  expect(await shown({ FORCE_COLOR: '1' }, false)).toBe(coloured);
});

test('JSON is one object a line', async () => {
  const dataDir = await storeOf([
    ['a', '1'],
    ['b', '2'],
  ]);
  await runCommand(['delete', '-d', dataDir, 'a']);
  const { stdout } = await runCommand(['segments', dataDir, '--json']);
  expect(JSON.parse(stdout)).toEqual({
    segment: 1,
    state: 'active',
    entries: 3,
    deletes: 1,
    bytes: expect.any(Number) as unknown,
  });
});
