/**
 * `watch`: prints the changes of a store in the order in which they were made, and goes on as a service makes more. It
 * only reads, so it works beside the service; between two looks it waits, and each look reads the log anew.
 */
import { setTimeout as delay } from 'node:timers/promises';

import { InvalidArgumentError, type Command } from 'commander';
import type { Change, ChangeFilter, SingleNodeEngine } from '@htkv/engine';

import type { ByteEncoding } from '../byte-encoding.ts';
import {
  addEncodingOptions,
  addStoreCommand,
  dataDirOf,
  encodingOf,
  jsonOption,
  type CommandContext,
  type CommandDefinition,
  type EncodingOptions,
  type JsonOption,
} from '../command-context.ts';
import { usage } from '../failure.ts';
import { interruptible } from '../interruption.ts';
import { jsonEntry } from '../json-entry.ts';
import { keyArgument } from '../key-argument.ts';
import { readStore } from '../open-store.ts';
import { printLine } from '../print-entry.ts';
import { addBoundOptions, positiveNumber, rangeOf, wholeNumber, type RangeWords } from '../range-options.ts';
import { say } from '../say.ts';

interface WatchWords extends EncodingOptions, JsonOption, RangeWords {
  readonly key?: string;
  readonly since?: number | typeof OLDEST;
  readonly once?: boolean;
  readonly limit?: number;
  readonly interval: number;
}

/** Where it has come to. */
interface Progress {
  /** The last place of the commit order that is done with; undefined before the first look. */
  since: number | undefined;
  left: number;
}

/** In place of a number: behind all that compaction has removed. */
const OLDEST = 'oldest';
const EXAMPLE = `htkvctl watch --data-dir ./kv-data --prefix user:
htkvctl watch --data-dir ./kv-data --since oldest --once
htkvctl watch --data-dir ./kv-data --since 42 --json | jq -r .key`;

export const addWatch: CommandDefinition = (program, context) => {
  addEncodingOptions(
    addBoundOptions(addStoreCommand(program, 'watch', EXAMPLE)),
    'keys and values, KEY, bounds and PREFIX too,',
  )
    .summary('print the changes of a store as they are made')
    .description(
      'Print the changes of a store in the order in which they were made, one a line: sequence, set or delete, key, ' +
        'value, with tabs between. It begins with what is written from now on, or behind --since, and goes on until Ctrl-C, ' +
        'or to the end with --once. It works beside a service that writes; each look reads the log anew, so a large ' +
        'store wants a longer interval.',
    )
    .option('--key <key>', 'only changes of KEY')
    .option(
      '--since <sequence>',
      `behind this place, or behind what compaction has removed: ${OLDEST}`,
      sinceWord,
    )
    .option('--once', 'end when everything that is there is printed')
    .option('-n, --limit <count>', 'end after so many', wholeNumber)
    .option('--interval <milliseconds>', 'time between two looks', positiveNumber, 2000)
    .addOption(jsonOption('one line of JSON for each change'))
    .action(async (words: WatchWords, command: Command) => {
      const dataDir = dataDirOf(command, context);
      await interruptible(context.io, (signal) => watch(context, dataDir, words, signal));
    });
};

async function watch(
  context: CommandContext,
  dataDir: string,
  words: WatchWords,
  signal: AbortSignal,
): Promise<void> {
  const encoding = encodingOf(words);
  const filter = filterOf(words, encoding);
  const progress: Progress = {
    since: words.since === OLDEST ? undefined : words.since,
    left: words.limit ?? Number.POSITIVE_INFINITY,
  };
  while (!signal.aborted) {
    await readStore(dataDir, async (engine) => {
      progress.since ??=
        words.since === OLDEST ? engine.commitLog.oldestSequence - 1 : engine.latestSequence();
      await printChanges(
        context,
        engine,
        { filter, encoding, isJson: words.json === true, signal },
        progress,
      );
    });
    await context.stdout.flush();
    if (words.once === true || progress.left === 0) break;
    // An interruption ends the wait, and the loop.
    await delay(words.interval, undefined, { signal }).catch(() => undefined);
  }
  await say(context, `go on with: --since ${progress.since ?? 0}`);
}

interface Printing {
  readonly filter: ChangeFilter;
  readonly encoding: ByteEncoding;
  readonly isJson: boolean;
  readonly signal: AbortSignal;
}

/** Prints what there is behind `progress`, and notes how far that went. */
async function printChanges(
  context: CommandContext,
  engine: SingleNodeEngine,
  { filter, encoding, isJson, signal }: Printing,
  progress: Progress,
): Promise<void> {
  const { since = 0, left } = progress;
  const last = engine.latestSequence();
  if (since > last) throw usage(`expected --since to be at most ${last}, got ${since}`);
  const changes = engine.commitLog.read({ ...filter, from: since + 1, limit: left });
  for await (const change of changes) {
    await printChange(context, change, encoding, isJson);
    progress.since = change.sequence;
    progress.left -= 1;
    if (signal.aborted) return;
  }
  progress.since = Math.max(since, changes.position);
}

async function printChange(
  { stdout }: CommandContext,
  change: Change,
  encoding: ByteEncoding,
  isJson: boolean,
): Promise<void> {
  const { sequence, type, key, version, timestamp } = change;
  const value = change.type === 'set' ? change.value : undefined;
  if (!isJson) {
    await stdout.write(`${sequence}\t${type}\t`);
    await printLine(stdout, encoding, key, value);
    return;
  }
  const expiresAt = change.type === 'set' ? change.expiresAt : undefined;
  const shown = { sequence, type, ...jsonEntry(key, value, encoding), version, timestamp, expiresAt };
  await stdout.write(`${JSON.stringify(shown)}\n`);
}

/** Throws `CLI_USAGE`. */
function filterOf(words: WatchWords, encoding: ByteEncoding): ChangeFilter {
  const { prefix, gt, gte, lt, lte } = rangeOf(words, encoding);
  if (words.key === undefined) return { prefix, gt, gte, lt, lte };
  if ([prefix, gt, gte, lt, lte].some((bound) => bound !== undefined)) {
    throw usage('expected --key or a range of keys, got both');
  }
  return { key: keyArgument(words.key, encoding, 'KEY') };
}

function sinceWord(text: string): number | typeof OLDEST {
  if (text === OLDEST) return OLDEST;
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw new InvalidArgumentError(`Expected a whole number or ${OLDEST}.`);
}
