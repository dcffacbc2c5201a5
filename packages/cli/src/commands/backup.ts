/** `backup`: one file with all entries of a store, also of one in use, verified before it counts as a backup. */
import { renameSync, rmSync, existsSync, openSync, fsyncSync, closeSync } from 'node:fs';
import { dirname } from 'node:path';

import type { Command } from 'commander';
import type { SingleNodeEngine } from '@htkv/engine';

import { BACKUP_START, backupDigest, backupEnd, verifyBackup } from '../backup/backup-file.ts';
import {
  addStoreCommand,
  dataDirOf,
  jsonOption,
  type CommandContext,
  type CommandDefinition,
  type JsonOption,
} from '../command-context.ts';
import { interrupted, outputFailure, targetTaken } from '../failure.ts';
import { interruptible } from '../interruption.ts';
import { readStore } from '../open-store.ts';
import { readableBytes } from '../plain-table.ts';
import { progressOf } from '../progress.ts';
import { say } from '../say.ts';
import { TargetFile } from '../transfer/target-file.ts';

const EXAMPLE = `htkvctl backup --data-dir ./kv-data kv-2026-11-28.backup
htkvctl restore kv-2026-11-28.backup ./kv-restored`;

export const addBackup: CommandDefinition = (program, context) => {
  addStoreCommand(program, 'backup', EXAMPLE)
    .summary('save all entries of a store, also of one in use, to one file')
    .description(
      'Write all entries, with versions and times, to FILE, as they are at the moment the command opens the store; a ' +
        'service may go on writing. FILE appears when it is complete, on disk, and was read back and verified.',
    )
    .argument('<file>', 'a new file')
    .addOption(jsonOption('{"entries":7,"bytes":640}'))
    .action(async (file: string, words: JsonOption, command: Command) => {
      const dataDir = dataDirOf(command, context);
      if (existsSync(file)) throw targetTaken(file, 'a file that is not there yet');
      const partial = `${file}.partial`;
      const written = await interruptible(context.io, async (signal) => {
        try {
          await readStore(dataDir, (engine) => {
            rmSync(partial, { force: true });
            return writeBackup(context, engine, partial, signal);
          });
          const verified = await verify(context, partial, signal);
          moveIntoPlace(partial, file);
          return verified;
        } finally {
          rmSync(partial, { force: true });
        }
      });
      if (words.json === true) await context.stdout.writeJson(written);
      else {
        const size = readableBytes(written.bytes);
        await say(context, `${written.entries} entries, ${size}, verified, in ${file}`);
      }
    });
};

async function writeBackup(
  context: CommandContext,
  engine: SingleNodeEngine,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const { encodeCborEntry } = await import('../transfer/cbor-sequence.ts');
  const progress = progressOf(context);
  const file = TargetFile.create(path);
  const digest = backupDigest().update(BACKUP_START);
  const total = engine.size;
  let entries = 0;
  try {
    file.write(BACKUP_START);
    for await (const key of engine.keys()) {
      if (signal.aborted) throw interrupted();
      const entry = engine.getEntry(key);
      // Its deadline may have come since its key was found.
      if (entry === undefined) continue;
      const bytes = encodeCborEntry({ ...entry, key });
      digest.update(bytes);
      file.write(bytes);
      entries += 1;
      await progress.at(entries, total, `${entries} entries`);
    }
    file.write(backupEnd(entries, digest));
    file.sync();
  } finally {
    await progress.end();
    file.close();
  }
}

async function verify(
  context: CommandContext,
  path: string,
  signal: AbortSignal,
): Promise<{ readonly entries: number; readonly bytes: number }> {
  const progress = progressOf(context);
  try {
    const { entries, bytes } = await verifyBackup(path, async (done, total) => {
      if (signal.aborted) throw interrupted();
      await progress.at(done, total, 'verified');
    });
    return { entries, bytes };
  } finally {
    await progress.end();
  }
}

function moveIntoPlace(partial: string, file: string): void {
  try {
    renameSync(partial, file);
    const descriptor = openSync(dirname(file), 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw outputFailure(error);
  }
}
