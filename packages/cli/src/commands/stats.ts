/** `stats`: the figures of a store, once or again and again while a service writes. */
import { setTimeout as delay } from 'node:timers/promises';

import type { Command } from 'commander';
import type { EngineStats } from '@htkv/engine';

import {
  addStoreCommand,
  dataDirOf,
  jsonOption,
  type CommandContext,
  type CommandDefinition,
  type JsonOption,
} from '../command-context.ts';
import { interruptible } from '../interruption.ts';
import { readStore } from '../open-store.ts';
import { factsOf, grouped, readableBytes } from '../plain-table.ts';
import { positiveNumber } from '../range-options.ts';

interface StatsWords extends JsonOption {
  readonly watch?: boolean;
  readonly interval: number;
  readonly count?: number;
}

interface Reading {
  readonly stats: EngineStats;
  readonly takenAtMs: number;
}

/** To the first cell, and everything behind it away: what a terminal shows is drawn over, not scrolled. */
const REDRAW = '\u001b[H\u001b[J';
const EXAMPLE = `htkvctl stats ./kv-data
htkvctl stats --watch --interval 5000 ./kv-data
htkvctl stats --json ./kv-data | jq .keys`;

export const addStats: CommandDefinition = (program, context) => {
  addStoreCommand(program, 'stats', EXAMPLE)
    .summary('print the figures of a store, or watch them')
    .description(
      'Print the figures of a store, as its log says at the moment. With --watch again and again until Ctrl-C, with ' +
        'what changed since; each time the log is read anew, so a large store wants a longer interval.',
    )
    .argument('[dir]', 'directory of the store, in place of --data-dir')
    .option('-w, --watch', 'print them again and again')
    .option('--interval <milliseconds>', 'time between two readings', positiveNumber, 2000)
    .option('--count <count>', 'end after so many readings', positiveNumber)
    .addOption(jsonOption('one line of JSON for each reading'))
    .action(async (directory: string | undefined, words: StatsWords, command: Command) => {
      const dataDir = dataDirOf(command, context, directory);
      if (words.watch !== true) {
        await print(context, words, await take(dataDir), undefined);
        return;
      }
      await interruptible(context.io, (signal) => watch(context, dataDir, words, signal));
    });
};

async function watch(
  context: CommandContext,
  dataDir: string,
  words: StatsWords,
  signal: AbortSignal,
): Promise<void> {
  const { count = Number.POSITIVE_INFINITY, interval } = words;
  let before: Reading | undefined;
  for (let taken = 1; !signal.aborted; taken += 1) {
    const reading = await take(dataDir);
    if (context.stdout.isTerminal && words.json !== true) await context.stdout.write(REDRAW);
    await print(context, words, reading, before);
    await context.stdout.flush();
    before = reading;
    if (taken >= count) return;
    // An interruption ends the wait, and the loop.
    await delay(interval, undefined, { signal }).catch(() => undefined);
  }
}

async function take(dataDir: string): Promise<Reading> {
  const stats = await readStore(dataDir, (engine) => engine.stats());
  return { stats, takenAtMs: Date.now() };
}

async function print(
  { stdout, style }: CommandContext,
  words: StatsWords,
  { stats, takenAtMs }: Reading,
  before: Reading | undefined,
): Promise<void> {
  const { size, indexedKeys, logBytes, indexBytes, lastSequence, latestVersion, recovery, segments } = stats;
  const records = segments.reduce((sum, segment) => sum + segment.records, 0);
  if (words.json === true) {
    const shown = {
      time: takenAtMs,
      keys: size,
      deletedKeys: indexedKeys - size,
      records,
      segments: segments.length,
      logBytes,
      indexBytes,
      lastSequence,
      latestVersion,
      isClean: recovery.clean,
      tornBytes: recovery.tornBytes,
    };
    await stdout.writeJson(shown);
    return;
  }
  const since = before === undefined ? undefined : rates(stats, takenAtMs, before);
  const facts: [string, string][] = [
    ['keys', grouped(size)],
    ['deleted or expired keys', grouped(indexedKeys - size)],
    ['records', grouped(records)],
    ['segments', grouped(segments.length)],
    ['log', readableBytes(logBytes)],
    ['index in memory', readableBytes(indexBytes)],
    ['last sequence', grouped(lastSequence)],
    ['highest version', grouped(latestVersion)],
    ['state', recovery.clean ? 'closed in good order' : 'open, or not closed in good order'],
    ['dropped at the end', readableBytes(recovery.tornBytes)],
    ...(since === undefined ? [] : since),
  ];
  await stdout.write(factsOf(facts, style));
}

function rates(stats: EngineStats, takenAtMs: number, before: Reading): [string, string][] {
  const seconds = Math.max(1, takenAtMs - before.takenAtMs) / 1000;
  const writes = (stats.lastSequence - before.stats.lastSequence) / seconds;
  const bytes = Math.max(0, stats.logBytes - before.stats.logBytes) / seconds;
  return [
    ['writes a second', grouped(Math.round(writes))],
    ['log a second', readableBytes(Math.round(bytes))],
  ];
}
