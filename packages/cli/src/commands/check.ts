/** `check`: looks at every byte of a store from outside and says what is damaged, and where. Changes nothing. */
import type { Command } from 'commander';
import type { CheckFinding, CheckTotals } from '@htkv/engine';

import {
  addStoreCommand,
  dataDirOf,
  jsonOption,
  type CommandContext,
  type CommandDefinition,
  type JsonOption,
} from '../command-context.ts';
import { damageFound } from '../failure.ts';
import { interruptible } from '../interruption.ts';
import { grouped, readableBytes } from '../plain-table.ts';
import { withoutControls } from '../printable.ts';
import { progressOf } from '../progress.ts';
import { say } from '../say.ts';

const EXAMPLE = `htkvctl check ./kv-data
htkvctl check --json ./kv-data | jq 'select(.severity == "damage")'`;

export const addCheck: CommandDefinition = (program, context) => {
  addStoreCommand(program, 'check', EXAMPLE)
    .summary('verify every byte of a store')
    .description(
      'Read every file of the store, verify every checksum, and print what does not check out, with file and byte. ' +
        'Changes nothing and takes no lock; beside a service that writes, the end of the log is looked at as it is at ' +
        'that moment. A note, such as a write that a crash cut short, concerns nothing that was acknowledged. Exit ' +
        'code 5 if there is damage.',
    )
    .argument('[dir]', 'directory of the store, in place of --data-dir')
    .addOption(jsonOption('one line of JSON for each finding, and one with the totals at the end'))
    .action(async (directory: string | undefined, words: JsonOption, command: Command) => {
      const dataDir = dataDirOf(command, context, directory);
      const damages = await interruptible(context.io, (signal) => runCheck(context, dataDir, words, signal));
      if (damages > 0) throw damageFound(damages);
    });
};

async function runCheck(
  context: CommandContext,
  dataDir: string,
  words: JsonOption,
  signal: AbortSignal,
): Promise<number> {
  const { stdout } = context;
  const { checkFiles } = await import('@htkv/engine');
  const progress = progressOf(context);
  const counts = { damage: 0, note: 0 };
  try {
    const steps = checkFiles(dataDir);
    for (let step = steps.next(); !signal.aborted; step = steps.next()) {
      if (step.done === true) {
        await progress.end();
        await printTotals(context, words, counts, step.value);
        break;
      }
      const { findings, doneBytes, totalBytes, path } = step.value;
      if (findings.length > 0) await progress.end();
      for (const finding of findings) {
        counts[finding.severity] += 1;
        await stdout.write(words.json === true ? `${JSON.stringify(finding)}\n` : line(context, finding));
      }
      await progress.at(doneBytes, totalBytes, `${readableBytes(doneBytes)} checked, ${path}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    await progress.end();
  }
  return counts.damage;
}

function line({ style }: CommandContext, { severity, path, offset, expected, actual }: CheckFinding): string {
  const word = severity === 'damage' ? style.bad(severity) : style.dim(severity);
  return `${word} ${withoutControls(path)} at byte ${offset}: expected ${expected}, found ${actual}\n`;
}

async function printTotals(
  context: CommandContext,
  words: JsonOption,
  { damage, note }: { readonly damage: number; readonly note: number },
  totals: CheckTotals,
): Promise<void> {
  if (words.json === true) {
    await context.stdout.writeJson({ ...totals, damage, notes: note });
    return;
  }
  const { files, bytes, groups, records, values } = totals;
  await context.stdout.flush();
  await say(
    context,
    `${grouped(files)} files, ${readableBytes(bytes)}: ${grouped(groups)} groups, ${grouped(records)} records, ` +
      `${grouped(values)} separate values; damaged places: ${damage}, notes: ${note}`,
  );
}
