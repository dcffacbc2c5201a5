/**
 * The first look: runs the examples on a fresh directory, each in a process of its own, then opens what they left
 * there and says what to try next.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';

import { SingleNodeEngine } from '@htkv/engine';

const dataDir = mkdtempSync(join(tmpdir(), 'htkv-start-'));

heading('Hightower KV: a store inside your process, in one directory on disk');
console.log(`  This one lives in ${dataDir}\n`);

heading('1. Put, get, delete', 'examples/basic-kv.ts');
runExample('basic-kv.ts');

heading('2. Prefixes and ranges', 'examples/prefix-queries.ts');
runExample('prefix-queries.ts');

heading('3. Both processes have ended. Opened again, here is what they left on disk');
const start = performance.now();
const engine = await SingleNodeEngine.open({ dataDir });
const openMs = (performance.now() - start).toFixed(1);
const decoder = new TextDecoder();
for (const [key, value] of engine.entries())
  console.log(`  ${decoder.decode(key)} => ${decoder.decode(value)}`);
const { size, recovery, durableSequence, lastSequence } = engine.stats();
await engine.close();
const durable = durableSequence === lastSequence ? 'all of it durable' : `durable up to ${durableSequence}`;
console.log(
  `\n  Opened in ${openMs} ms: ${size} keys from ${recovery.records} records, ${recovery.bytes} bytes of log, ${durable}\n`,
);

heading('Try next');
const directory = /^[\w./:\\-]+$/.test(dataDir) ? dataDir : JSON.stringify(dataDir);
for (const words of [
  `list --data-dir ${directory}`,
  `put --data-dir ${directory} greeting hello`,
  `get --data-dir ${directory} greeting`,
  `segments ${directory}`,
  '--help',
]) {
  console.log(`  npx -y pnpm@12 htkvctl ${words}`);
}

/** Runs an example as a person would, and prints what it says. */
function runExample(file: string): void {
  const { status, stdout, error } = spawnSync(process.execPath, [join(import.meta.dirname, file), dataDir], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (error !== undefined) throw error;
  console.log(stdout.replaceAll(/^(?=.)/gm, '  '));
  if (status !== 0) process.exit(1);
}

function heading(words: string, file?: string): void {
  console.log(styleText('bold', words) + (file === undefined ? '' : styleText('dim', `  (${file})`)));
}
