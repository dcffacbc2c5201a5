/** The real binary in a process of its own. When what is built is tested, it is the one that is published. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';

export interface Completed {
  readonly code: number | null;
  readonly bytes: Uint8Array;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly env?: Record<string, string>;
  readonly stdin?: Uint8Array | string;
}

const appDirectory = join(import.meta.dirname, '..');
const isBuilt = process.env['MODE'] === 'built';

/** What Node is called with to run the binary with `words`. */
export function nodeArguments(words: readonly string[]): string[] {
  // Older versions of Node say on standard error that they strip types.
  const quiet = '--disable-warning=ExperimentalWarning';
  if (!isBuilt) return [quiet, join(appDirectory, 'src/bin.ts'), ...words];
  return [join(appDirectory, 'dist/bin.js'), ...words];
}

/** The environment of this process without what would change the output. */
export function plainEnvironment(additions: Record<string, string> = {}): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of ['HTKV_DATA_DIR', 'HTKV_MASTER_KEY', 'FORCE_COLOR', 'NODE_OPTIONS']) delete env[name];
  // Nor does the configuration of whoever runs the tests count.
  return { ...env, HTKV_CONFIG: '', ...additions };
}

export function startBinary(
  words: readonly string[],
  env: Record<string, string> = {},
): ChildProcessByStdio<Writable, Readable, Readable> {
  return spawn(process.execPath, nodeArguments(words), {
    env: plainEnvironment(env),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** Runs the binary to its end. */
export async function runBinary(
  words: readonly string[],
  surroundings: Surroundings = {},
): Promise<Completed> {
  const { env = {}, stdin = '' } = surroundings;
  const child = startBinary(words, env);
  // A command that reads nothing may have ended before this is written.
  child.stdin.on('error', () => {});
  child.stdin.end(stdin);
  const [bytes, stderr, [code]] = await Promise.all([
    buffer(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { code, bytes, stdout: bytes.toString(), stderr };
}

/** The version in the manifest of the binary. */
export function manifestVersion(): string {
  const manifest = JSON.parse(readFileSync(join(appDirectory, 'package.json'), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}
