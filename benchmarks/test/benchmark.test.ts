/**
 * Proves that the benchmark runs from start to end on a few keys, that every question fills its rows of the table, and
 * that wrong arguments are told. It says nothing about speed: whoever measures reads the numbers.
 */

import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

import { readArguments } from '../command-line.ts';
import { QUESTIONS } from '../questions/all.ts';

const program = fileURLToPath(new URL('../main.ts', import.meta.url));
const names = QUESTIONS.map(({ name }) => name);

function run(...given: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, ['--expose-gc', program, ...given], { encoding: 'utf8' });
}

test('it prints the machine and a table with at least one row for every question', () => {
  const { stdout, stderr, status } = run('5000', '1');
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(stdout).toContain(`Node ${process.versions.node}`);
  const rows = stdout.split('\n').filter((line) => /^\| (?!question|-)/.test(line));
  expect(rows.length).toBeGreaterThanOrEqual(names.length);
  for (const row of rows) {
    expect(row).toMatch(/^(\| [^|]+ ){3}\| [\d.]+ (x|us|ms|B|ns\/key) +\| [^|]+ \| [^|]+ \|$/);
    expect(row).not.toContain('NaN');
  }
});

describe('the arguments', () => {
  test('are 300,000 keys, 5 rounds and every question unless given', () => {
    expect(readArguments([], names)).toEqual({ keys: 300_000, rounds: 5, only: names });
    expect(readArguments(['5000', '2', '--only', 'hot-gets'], names)).toEqual({
      keys: 5000,
      rounds: 2,
      only: ['hot-gets'],
    });
  });

  test.for([
    [['many'], 'expected a number of keys from 4096 to 10000000, got many'],
    [['4095'], 'expected a number of keys from 4096 to 10000000, got 4095'],
    [['5000', '0'], 'expected a number of rounds from 1 to 100, got 0'],
    [['5000', '1', '2'], 'expected at most a number of keys and one of rounds, got 2 as well'],
    [['--only', 'gets'], `expected --only with one of ${names.join(', ')}, got gets`],
    [['--fast'], "Unknown option '--fast'"],
  ] as const)('%j are refused', ([given, message]) => {
    expect(() => readArguments(given, names)).toThrow(message);
  });

  test('that are wrong end the program with one line that says what was expected', () => {
    const { stdout, stderr, status } = run('4095');
    expect(stdout).toBe('');
    expect(stderr).toBe('expected a number of keys from 4096 to 10000000, got 4095\n');
    expect(status).toBe(1);
  });
});
