/**
 * A backup: one file with a line that says what it is, the entries as a sequence of CBOR maps, and a line with their
 * number and the SHA-256 of everything before it, the number included. Both lines have a fixed length, so the end is checked before
 * anything is believed, and a file that broke off is told from a whole one.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';

import { CodedError, errorCode } from '@htkv/engine';

import { inputFailure } from '../failure.ts';

export const BACKUP_START = 'htkv-backup 1\n';

const END_FORM = /^\nhtkv-backup-end (\d{16}) ([0-9a-f]{64})\n$/;
const END_BYTES = endStart(0).length + 65;

/** The last line up to the digest. */
function endStart(entries: number): string {
  return `\nhtkv-backup-end ${String(entries).padStart(16, '0')} `;
}

/** Gathers the digest of a backup while it is written or read. */
export function backupDigest(): Hash {
  return createHash('sha256');
}

/** The last line, for `entries` entries and a digest of all before it. */
export function backupEnd(entries: number, digest: Hash): string {
  const start = endStart(entries);
  return `${start}${digest.update(start).digest('hex')}\n`;
}

export interface VerifiedBackup {
  readonly entries: number;
  readonly bytes: number;
  /** The entries, for a codec of CBOR. */
  readonly body: () => AsyncIterable<Uint8Array>;
}

/** Reads the file once and believes it only if all of it checks out. Throws `CLI_BACKUP_DAMAGED` or `CLI_INPUT`. */
export async function verifyBackup(
  path: string,
  onBytes: (done: number, total: number) => Promise<void>,
): Promise<VerifiedBackup> {
  try {
    const bytes = statSync(path).size;
    const bodyEnd = bytes - END_BYTES;
    if (bodyEnd < BACKUP_START.length) throw notWhole(path);
    const start = await textOf(path, 0, BACKUP_START.length);
    const said = END_FORM.exec(await textOf(path, bodyEnd, bytes));
    if (start !== BACKUP_START || said === null) throw notWhole(path);
    const digest = backupDigest();
    let done = 0;
    for await (const chunk of createReadStream(path, { end: bodyEnd - 1 })) {
      digest.update(chunk as Uint8Array);
      done += (chunk as Uint8Array).length;
      await onBytes(done, bytes);
    }
    digest.update(endStart(Number(said[1])));
    if (digest.digest('hex') !== said[2]) throw notWhole(path);
    const body = (): AsyncIterable<Uint8Array> =>
      bodyEnd === BACKUP_START.length
        ? nothing()
        : createReadStream(path, { start: BACKUP_START.length, end: bodyEnd - 1 });
    return { entries: Number(said[1]), bytes, body };
  } catch (error) {
    if (error instanceof CodedError || errorCode(error) === undefined) throw error;
    throw inputFailure(`cannot read the backup ${path}`, error);
  }
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}

async function textOf(path: string, start: number, end: number): Promise<string> {
  let text = '';
  for await (const chunk of createReadStream(path, { start, end: end - 1, encoding: 'latin1' })) {
    text += String(chunk);
  }
  return text;
}

function notWhole(path: string): CodedError {
  return new CodedError('CLI_BACKUP_DAMAGED', `${path} is no backup, or not whole, or was changed`, {
    details: { path },
  });
}
