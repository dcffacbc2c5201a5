/**
 * The versions of Node that published packages must run on. All come from the `node` package in the registry, so that
 * a machine needs none of them beforehand: the one that develops from the root, the others from `.ci/runtimes`.
 */

import { delimiter, dirname, join } from 'node:path';
import { root, runCommand } from './run-command.ts';

export interface NodeRuntime {
  /** Such as `v22.23.3`. */
  readonly version: string;
  /** The binary. */
  readonly path: string;
  /** The environment of this process, in which `node` is this runtime and nothing speaks of pnpm. */
  readonly environment: NodeJS.ProcessEnv;
}

export function nodeRuntimes(): NodeRuntime[] {
  return ['.ci/runtimes/node_modules/node22', 'node_modules/node', '.ci/runtimes/node_modules/node26'].map(
    (folder) => {
      const path = join(root, folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
      return { version: runCommand(path, ['--version']).trim(), path, environment: environmentOf(path) };
    },
  );
}

function environmentOf(path: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|pnpm_|NODE_PATH$|INIT_CWD$)/i.test(name),
  );
  const folders = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules'));
  return { ...Object.fromEntries(inherited), PATH: [dirname(path), ...folders].join(delimiter) };
}
