/**
 * Runs a program and waits for it. A failure is an error that carries everything the program said, so that the
 * scripts beside this file need no handling of their own.
 */

import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root: string = join(dirname(fileURLToPath(import.meta.url)), '..');

export interface CommandOptions {
  /** Where to run it; the root of the repository unless told otherwise. */
  readonly directory?: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** Lets the output through to the terminal instead of returning it. */
  readonly show?: boolean;
}

/** Returns what the program wrote to standard output. Throws when it does not end with 0. */
export function runCommand(program: string, options: readonly string[], how: CommandOptions = {}): string {
  const { status, signal, stdout, stderr, error } = spawnSync(program, options, {
    cwd: how.directory ?? root,
    env: how.environment ?? process.env,
    encoding: 'utf8',
    stdio: how.show === true ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error !== undefined) throw error;
  if (status === 0) return stdout ?? '';
  const command = [program, ...options].join(' ');
  const said = [stdout, stderr].filter((text) => text !== null && text !== '').join('\n');
  throw new Error(`${command}\nended with ${status ?? signal}\n${said}`);
}

/** Runs a tool of the workspace by its script, with the Node that runs this. */
export function runTool(script: string, options: readonly string[], how: CommandOptions = {}): string {
  return runCommand(process.execPath, [join(root, 'node_modules', script), ...options], how);
}

/** Runs the body of a script: on failure prints the message alone and ends the process with 1. */
export async function runScript(body: () => void | Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
