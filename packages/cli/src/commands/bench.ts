/** `bench`: what this machine and this directory give, in a few seconds, with the limit of the disk beside it. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import { join } from 'node:path';

import type { Command } from 'commander';
import { SingleNodeEngine } from '@htkv/engine';

import type { LatencySummary } from '../bench/latencies.ts';
import {
  addStoreCommand,
  dataDirOf,
  jsonOption,
  type CommandContext,
  type CommandDefinition,
  type JsonOption,
} from '../command-context.ts';
import { inputFailure, interrupted } from '../failure.ts';
import { interruptible } from '../interruption.ts';
import { grouped, tableOf } from '../plain-table.ts';
import { progressOf } from '../progress.ts';
import { positiveNumber } from '../range-options.ts';
import { say } from '../say.ts';

interface BenchWords extends JsonOption {
  readonly milliseconds: number;
  readonly keys: number;
  readonly valueBytes: number;
}

interface Answer extends LatencySummary {
  readonly question: string;
}

const EXAMPLE = `htkvctl bench ./kv-data
htkvctl bench --milliseconds 5000 --value-bytes 1000 --json ./kv-data`;

export const addBench: CommandDefinition = (program, context) => {
  addStoreCommand(program, 'bench', EXAMPLE)
    .summary('measure this machine and directory')
    .description(
      'Measure a new store in a directory of its own below DIR, which is removed afterwards; a store in DIR is not ' +
        'touched. The first line is the disk alone: no store that keeps its word puts faster, one at a time. Times ' +
        'are those of one call, in microseconds. What else the machine does meanwhile is measured with it.',
    )
    .argument('[dir]', 'an existing directory on the disk to measure, in place of --data-dir')
    .option('--milliseconds <count>', 'how long each line is measured', positiveNumber, 1000)
    .option('--keys <count>', 'different keys', positiveNumber, 100_000)
    .option('--value-bytes <count>', 'bytes of a value', positiveNumber, 100)
    .addOption(jsonOption('one line of JSON for each measurement'))
    .action(async (directory: string | undefined, words: BenchWords, command: Command) => {
      const parent = dataDirOf(command, context, directory);
      requireDirectory(parent);
      const answers = await interruptible(context.io, (signal) => runBench(context, parent, words, signal));
      await print(context, words, answers);
    });
};

/** Throws `CLI_INPUT`. */
function requireDirectory(path: string): void {
  let isDirectory = false;
  try {
    isDirectory = statSync(path).isDirectory();
  } catch (error) {
    throw inputFailure(`cannot look at ${path}`, error);
  }
  if (!isDirectory) throw inputFailure(`cannot measure ${path}`, { code: 'ENOTDIR' });
}

async function runBench(
  context: CommandContext,
  parent: string,
  words: BenchWords,
  signal: AbortSignal,
): Promise<readonly Answer[]> {
  const { measure } = await import('../bench/measure.ts');
  const { rawDisk, storeQuestions } = await import('../bench/questions.ts');
  const progress = progressOf(context);
  const answers: Answer[] = [];
  // Stores pass over names that begin with a dot.
  const directory = mkdtempSync(join(parent, '.htkv-bench-'));
  try {
    const raw = rawDisk(directory);
    try {
      await progress.at(0, 6, raw.name);
      answers.push({ question: raw.name, ...(await measure(raw, words.milliseconds, signal)) });
    } finally {
      raw.close();
    }
    const engine = await SingleNodeEngine.open({ dataDir: join(directory, 'store') });
    try {
      const questions = storeQuestions(engine, words);
      for (const question of questions) {
        if (signal.aborted) throw interrupted();
        await progress.at(answers.length, questions.length + 1, question.name);
        const summary = await measure(question, words.milliseconds, signal);
        answers.push({ question: question.name, ...summary });
        // What one question left to be written is not to be paid for by the next.
        await engine.flush();
      }
    } finally {
      await engine.close();
    }
  } finally {
    await progress.end();
    rmSync(directory, { recursive: true, force: true });
  }
  return answers;
}

async function print(context: CommandContext, words: BenchWords, answers: readonly Answer[]): Promise<void> {
  const { stdout, style } = context;
  if (words.json === true) {
    for (const answer of answers) await stdout.writeJson(answer);
    return;
  }
  const processors = cpus();
  await say(
    context,
    `${platform()} ${arch()}, ${processors.length} processors (${processors[0]?.model ?? 'unknown'}), ` +
      `Node ${process.version}; ${words.keys} keys, values of ${words.valueBytes} bytes`,
  );
  const columns = [
    { title: 'measured', align: 'left' },
    { title: 'operations/s', align: 'right' },
    { title: '50% µs', align: 'right' },
    { title: '99% µs', align: 'right' },
    { title: '99.9% µs', align: 'right' },
    { title: 'longest µs', align: 'right' },
  ] as const;
  const rows = answers.map(({ question, perSecond, p50, p99, p999, max }) => [
    question,
    grouped(Math.round(perSecond)),
    ...[p50, p99, p999, max].map((time) => (time < 100 ? time.toFixed(1) : grouped(Math.round(time)))),
  ]);
  await stdout.write(await tableOf(columns, rows, style));
}
