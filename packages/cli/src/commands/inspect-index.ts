/** `inspect index`: how large the index is that a store builds in memory when it is opened. */
import { performance } from 'node:perf_hooks';

import type { Command } from 'commander';

import {
  addStoreCommand,
  dataDirOf,
  jsonOption,
  type CommandContext,
  type JsonOption,
} from '../command-context.ts';
import { readStore } from '../open-store.ts';
import { factsOf, grouped, readableBytes } from '../plain-table.ts';

const EXAMPLE = `htkvctl inspect index ./kv-data`;

export function describeInspectIndex(inspect: Command, context: CommandContext): void {
  addStoreCommand(inspect, 'index', EXAMPLE)
    .summary('print how large the index is, and how long it takes to build')
    .description(
      'Open the store for reading, which builds the index from the log, and print what that came to.',
    )
    .argument('[dir]', 'directory of the store, in place of --data-dir')
    .addOption(jsonOption('one line of JSON'))
    .action(async (directory: string | undefined, words: JsonOption, command: Command) => {
      const { stdout, style } = context;
      const dataDir = dataDirOf(command, context, directory);
      const began = performance.now();
      const { stats, openMs } = await readStore(dataDir, (engine) => ({
        stats: engine.stats(),
        openMs: performance.now() - began,
      }));
      const { indexedKeys, size, indexBytes, recovery } = stats;
      const bytesPerKey = indexedKeys === 0 ? 0 : indexBytes / indexedKeys;
      if (words.json === true) {
        const shown = { keys: indexedKeys, present: size, bytes: indexBytes, bytesPerKey, openMs };
        await stdout.writeJson({ ...shown, records: recovery.records });
        return;
      }
      const facts: [string, string][] = [
        ['keys in it', grouped(indexedKeys)],
        ['present', grouped(size)],
        ['deleted or expired', grouped(indexedKeys - size)],
        ['memory', `${readableBytes(indexBytes)}, ${bytesPerKey.toFixed(1)} bytes a key`],
        ['built from', `${grouped(recovery.records)} records, ${readableBytes(recovery.bytes)} of log`],
        ['opened in', `${openMs.toFixed(1)} ms`],
      ];
      await stdout.write(factsOf(facts, style));
    });
}
