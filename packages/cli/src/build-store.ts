/**
 * A new store that appears whole or not at all: it is built in a directory beside its place, checked, and moved there
 * at the end. Whatever ends the command before, the place stays as it was.
 */
import {
  closeSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

import { checkFiles, errorCode, SingleNodeEngine } from '@htkv/engine';

import { damageFound, inputFailure, interrupted, outputFailure, targetTaken } from './failure.ts';

/** Throws `CLI_TARGET_TAKEN` unless `target` is missing or an empty directory. */
export function requireEmptyTarget(target: string): void {
  let names: string[];
  try {
    names = readdirSync(target);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw inputFailure(`cannot look at ${target}`, error);
  }
  if (names.length > 0) throw targetTaken(target, 'a directory that is empty or not there yet');
}

/**
 * Builds the store of the directory `target` with `fill`. An aborted signal ends in `CLI_INTERRUPTED`, and the caller sees
 * none between the last look at it and the end: who waits for something behind this would tell of a store that is not there.
 */
export async function buildStore<Result>(
  target: string,
  signal: AbortSignal,
  fill: (engine: SingleNodeEngine) => Promise<Result>,
): Promise<Result> {
  requireEmptyTarget(target);
  const place = resolve(target);
  const parent = dirname(place);
  let directory: string;
  try {
    directory = mkdtempSync(join(parent, `.${basename(place)}-being-built-`));
  } catch (error) {
    throw outputFailure(error);
  }
  try {
    const engine = await SingleNodeEngine.open({ dataDir: directory });
    let result: Result;
    try {
      result = await fill(engine);
    } finally {
      await engine.close();
    }
    await requireSound(directory, signal);
    moveIntoPlace(directory, place, parent);
    return result;
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

async function requireSound(directory: string, signal: AbortSignal): Promise<void> {
  let damages = 0;
  for (const { findings } of checkFiles(directory)) {
    // A turn of the event loop, in which an interruption is heard.
    await new Promise((heard) => setImmediate(heard));
    if (signal.aborted) throw interrupted();
    damages += findings.filter(({ severity }) => severity === 'damage').length;
  }
  if (damages > 0) throw damageFound(damages);
  if (signal.aborted) throw interrupted();
}

function moveIntoPlace(directory: string, place: string, parent: string): void {
  try {
    try {
      rmdirSync(place);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
    }
    renameSync(directory, place);
    const descriptor = openSync(parent, 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw outputFailure(error);
  }
}
