/**
 * The configuration file: what somebody does not want to type every time. It is JSON, it is optional, and what the
 * command line or the environment says goes before it. A member that means nothing is refused: it would be a typing
 * error that nobody sees.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { errorCode } from '@htkv/engine';

import { inputFailure, usage } from './failure.ts';
import type { Io } from './io.ts';

export interface ConfigFile {
  /** As `--data-dir`. */
  readonly dataDir?: string;
  /** As `--master-key-file`. */
  readonly masterKeyFile?: string;
  /** As `--quiet`. */
  readonly quiet?: boolean;
  /** False is as `--no-color`. */
  readonly color?: boolean;
}

const MEMBERS = { dataDir: 'string', masterKeyFile: 'string', quiet: 'boolean', color: 'boolean' } as const;

/**
 * What the file says that `HTKV_CONFIG` names, else `htkvctl/config.json` in the directory for configurations, where
 * it may be missing. Throws `CLI_USAGE` or `CLI_INPUT`.
 */
export function readConfigFile(env: Io['env']): ConfigFile {
  const named = env['HTKV_CONFIG'];
  if (named === '') return {};
  const path = named ?? usualPath(env);
  if (path === undefined) return {};
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (named === undefined && errorCode(error) === 'ENOENT') return {};
    throw inputFailure(`cannot read the configuration file ${path}`, error);
  }
  return parseConfig(text, path);
}

function usualPath(env: Io['env']): string | undefined {
  const base = env['XDG_CONFIG_HOME'];
  if (base !== undefined && base !== '') return join(base, 'htkvctl', 'config.json');
  const home = env['HOME'];
  return home === undefined || home === '' ? undefined : join(home, '.config', 'htkvctl', 'config.json');
}

function parseConfig(text: string, path: string): ConfigFile {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw usage(`expected ${path} to hold JSON`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw usage(`expected ${path} to hold an object`);
  }
  for (const [name, value] of Object.entries(parsed)) {
    const expected = Object.entries(MEMBERS).find(([member]) => member === name)?.[1];
    if (expected === undefined) {
      throw usage(`expected ${path} to have the members ${Object.keys(MEMBERS).join(', ')} only`);
    }
    if (typeof value !== expected) throw usage(`expected ${name} in ${path} to be a ${expected}`);
  }
  return parsed;
}
