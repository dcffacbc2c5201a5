/**
 * The file in which an import notes how many entries are on disk, so that it can be run again after whatever ended it.
 * It is written beside itself and renamed, so that it is never half there, and always behind the store: an entry that
 * is put twice is the same entry.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

import { errorCode } from '@htkv/engine';

import { inputFailure, usage } from '../failure.ts';

/** Entries that an earlier run has put; 0 where there is no file. Throws `CLI_USAGE` or `CLI_INPUT`. */
export function readResumeFile(path: string): number {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 0;
    throw inputFailure(`cannot read ${path}`, error);
  }
  const match = /^htkvctl import: (\d{1,15}) entries are on disk\n$/.exec(text);
  if (match === null) throw usage(`expected ${path} to be a file that an import has written`);
  return Number(match[1]);
}

export function writeResumeFile(path: string, entries: number): void {
  const beside = `${path}.new`;
  try {
    writeFileSync(beside, `htkvctl import: ${entries} entries are on disk\n`);
    renameSync(beside, path);
  } catch (error) {
    throw inputFailure(`cannot write ${path}`, error);
  }
}

export function removeResumeFile(path: string): void {
  rmSync(path, { force: true });
}
