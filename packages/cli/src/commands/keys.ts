/** `keys`: prints keys, or with `--histogram` how long they and their values are and which beginnings they share. */
import type { Command } from 'commander';

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
import { SizeHistogram } from '../histogram.ts';
import { readStore } from '../open-store.ts';
import { grouped, readableBytes } from '../plain-table.ts';
import { printJson, printLine } from '../print-entry.ts';
import { printable } from '../printable.ts';
import { addRangeOptions, rangeOf, type RangeWords } from '../range-options.ts';

interface KeysWords extends EncodingOptions, JsonOption, RangeWords {
  readonly histogram?: boolean;
}

/** Where a beginning ends, in keys as people make them. */
const SEPARATORS = new Set([':', '/', '.', '|', '\0'].map((separator) => separator.charCodeAt(0)));
const BEGINNINGS_KEPT = 10_000;
const BEGINNINGS_SHOWN = 15;

const EXAMPLE = `htkvctl keys --data-dir ./kv-data --prefix user:
htkvctl keys --data-dir ./kv-data --histogram`;

export const addKeys: CommandDefinition = (program, context) => {
  addEncodingOptions(addRangeOptions(addStoreCommand(program, 'keys', EXAMPLE)), 'keys, bounds and PREFIX')
    .summary('print keys, or how they are spread')
    .description(
      'Print keys in their order, one a line, as list does. With --histogram print instead how many bytes keys and ' +
        'values have, and the most frequent beginnings up to the first of : / . | and NUL.',
    )
    .option('--histogram', 'sizes and beginnings in place of the keys')
    .addOption(jsonOption('one line of JSON for each key, or one for the whole histogram'))
    .action(async (words: KeysWords, command: Command) => {
      const { stdout } = context;
      const encoding = encodingOf(words);
      const range = rangeOf(words, encoding);
      const print = words.json === true ? printJson : printLine;
      await readStore(dataDirOf(command, context), async (engine) => {
        if (words.histogram === true) await printSpread(context, words, engine.entries(range));
        else for (const key of engine.keys(range)) await print(stdout, encoding, key, undefined);
      });
    });
};

async function printSpread(
  { stdout, style }: CommandContext,
  words: KeysWords,
  entries: Iterable<readonly [key: Uint8Array, value: Uint8Array]>,
): Promise<void> {
  const keySizes = new SizeHistogram();
  const valueSizes = new SizeHistogram();
  const beginnings = new Map<string, number>();
  for (const [key, value] of entries) {
    keySizes.add(key.length);
    valueSizes.add(value.length);
    const beginning = beginningOf(key);
    const count = beginnings.get(beginning);
    if (count !== undefined || beginnings.size < BEGINNINGS_KEPT) beginnings.set(beginning, (count ?? 0) + 1);
  }
  const frequent = [...beginnings]
    .sort(([, left], [, right]) => right - left)
    .slice(0, BEGINNINGS_SHOWN)
    .map(([beginning, count]) => ({ beginning, count }));
  if (words.json === true) {
    const shown = {
      count: keySizes.total,
      keyBytes: keySizes.classes,
      valueBytes: valueSizes.classes,
      beginnings: frequent,
    };
    await stdout.writeJson(shown);
    return;
  }
  const part = async (title: string, lines: readonly string[]): Promise<void> => {
    await stdout.write(`${style.heading(title)}\n${lines.map((line) => `  ${line}\n`).join('')}`);
  };
  await stdout.write(`${grouped(keySizes.total)} keys\n`);
  await part(`bytes of a key (${readableBytes(keySizes.bytes)} altogether)`, keySizes.lines());
  await part(`bytes of a value (${readableBytes(valueSizes.bytes)} altogether)`, valueSizes.lines());
  const shown = frequent.map(({ beginning, count }) => `${grouped(count)}  ${beginning}`);
  await part('most frequent beginnings', shown);
}

/** The key up to its first separator, that included, as text that is safe to print; the whole key without one. */
function beginningOf(key: Uint8Array): string {
  const end = key.findIndex((byte) => SEPARATORS.has(byte));
  return end === -1 ? '(no separator)' : printable(key.subarray(0, end + 1));
}
