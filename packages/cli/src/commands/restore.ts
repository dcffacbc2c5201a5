/** `restore`: a new store from a backup, which is verified first. */
import { verifyBackup } from '../backup/backup-file.ts';
import { buildStore, requireEmptyTarget } from '../build-store.ts';
import {
  addCommand,
  jsonOption,
  type CommandContext,
  type CommandDefinition,
  type JsonOption,
} from '../command-context.ts';
import { damageFound, interrupted } from '../failure.ts';
import { interruptible } from '../interruption.ts';
import { progressOf } from '../progress.ts';
import { say } from '../say.ts';
import { importEntries } from '../transfer/import-entries.ts';

const EXAMPLE = `htkvctl restore kv-2026-11-28.backup ./kv-restored`;

export const addRestore: CommandDefinition = (program, context) => {
  addCommand(program, 'restore', EXAMPLE)
    .summary('make a store from a backup')
    .description(
      'Make a new store in DIR from a backup. The backup is verified first, the new store is checked, and DIR appears ' +
        'when it is complete. A directory that is not empty is refused.',
    )
    .argument('<file>', 'what backup has written')
    .argument('<dir>', 'directory that is empty or not there yet')
    .addOption(jsonOption('{"entries":7}'))
    .action(async (file: string, target: string, words: JsonOption) => {
      requireEmptyTarget(target);
      const entries = await interruptible(context.io, (signal) => restore(context, file, target, signal));
      if (words.json === true) await context.stdout.writeJson({ entries });
      else await say(context, `${entries} entries in ${target}, checked, on disk`);
    });
};

async function restore(
  context: CommandContext,
  file: string,
  target: string,
  signal: AbortSignal,
): Promise<number> {
  const { readCborSequence } = await import('../transfer/cbor-sequence.ts');
  const progress = progressOf(context);
  try {
    const backup = await verifyBackup(file, async (done, total) => {
      if (signal.aborted) throw interrupted();
      await progress.at(done, total, 'of the backup verified');
    });
    await progress.end();
    return await buildStore(target, signal, async (engine) => {
      const { done } = await importEntries(engine, readCborSequence(backup.body(), false), {
        skip: 0,
        keepsVersions: true,
        signal,
        onDurable: (entries) => progress.at(entries, backup.entries, `${entries} entries`),
      });
      // The digest has shown that they are there, so this is a mistake in whoever wrote the file.
      if (done !== backup.entries && !signal.aborted) throw damageFound(1);
      await progress.end();
      return done;
    });
  } finally {
    await progress.end();
  }
}
