/** `salvage`: fills a new store with what can still be read of a damaged one, which stays as it is. */
import type { CodedError, SalvagedWrite, SingleInput, SingleNodeEngine } from '@htkv/engine';

import { buildStore } from '../build-store.ts';
import {
  addCommand,
  jsonOption,
  type CommandContext,
  type CommandDefinition,
  type JsonOption,
} from '../command-context.ts';
import { interruptible } from '../interruption.ts';
import { withoutControls } from '../printable.ts';
import { progressOf } from '../progress.ts';
import { say } from '../say.ts';

interface SalvageCount {
  readonly writes: number;
  readonly entries: number;
  readonly losses: number;
}

const BATCH_WRITES = 1024;
const BATCH_BYTES = 1024 * 1024;
const EXAMPLE = `htkvctl salvage ./kv-data ./kv-saved
htkvctl check ./kv-saved`;

export const addSalvage: CommandDefinition = (program, context) => {
  addCommand(program, 'salvage', EXAMPLE)
    .summary('save what is left of a damaged store')
    .description(
      'Fill a new store in DST with every write of the store in SRC that still checks out, with its version and ' +
        'times. SRC is only read. What cannot be read is printed, with file and byte. A key whose newest write is lost ' +
        'comes back as it was before, so look at what was lost. DST appears when it is complete and checked.',
    )
    .argument('<src>', 'directory of the damaged store')
    .argument('<dst>', 'directory that is empty or not there yet')
    .addOption(jsonOption('one line of JSON for each loss, and one with the totals at the end'))
    .action(async (source: string, target: string, words: JsonOption) => {
      const count = await interruptible(context.io, (signal) =>
        buildStore(target, signal, (engine) => salvageInto(context, engine, source, words, signal)),
      );
      if (words.json === true) await context.stdout.writeJson(count);
      else {
        await context.stdout.flush();
        await say(context, `${count.writes} writes saved, ${count.entries} entries; ${count.losses} losses`);
      }
    });
};

async function salvageInto(
  context: CommandContext,
  engine: SingleNodeEngine,
  source: string,
  words: JsonOption,
  signal: AbortSignal,
): Promise<SalvageCount> {
  const { salvageWrites } = await import('@htkv/engine');
  const progress = progressOf(context);
  let writes = 0;
  let losses = 0;
  try {
    for (const step of salvageWrites(source)) {
      writes += await putAll(engine, step.writes, signal);
      if (signal.aborted) break;
      losses += step.losses.length;
      if (step.losses.length > 0) await progress.end();
      for (const loss of step.losses) await context.stdout.write(lossLine(loss, words));
      await progress.at(step.doneBytes, step.totalBytes, `${writes} writes saved`);
    }
  } finally {
    await progress.end();
  }
  return { writes, entries: engine.size, losses };
}

async function putAll(
  engine: SingleNodeEngine,
  writes: Iterable<SalvagedWrite>,
  signal: AbortSignal,
): Promise<number> {
  let count = 0;
  let batch: SingleInput[] = [];
  let bytes = 0;
  for (const write of writes) {
    if (signal.aborted) break;
    batch.push(commandFor(write));
    count += 1;
    bytes += write.key.length + (write.value?.length ?? 0);
    if (batch.length < BATCH_WRITES && bytes < BATCH_BYTES) continue;
    await engine.submitBatch(batch);
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) await engine.submitBatch(batch);
  return count;
}

function commandFor({ key, value, version, timestamp, expiresAt }: SalvagedWrite): SingleInput {
  if (value === undefined) return { type: 'delete', key, version, timestamp };
  return { type: 'set', key, value, version, timestamp, expiresAt };
}

function lossLine(loss: CodedError, words: JsonOption): string {
  const { code, message, details } = loss;
  if (words.json !== true) return `lost: ${withoutControls(message)} (${code})\n`;
  const { path, offset } = details ?? {};
  return `${JSON.stringify({ code, path, offset, message })}\n`;
}
