/**
 * Proves on a real file system, with the commit thread and without it, that an engine which runs into the end of a
 * file that may not grow says the truth about every write, and goes on. A limit of the process stands for the full
 * device; the files it leaves are looked at without it.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SingleNodeEngine } from '@htkv/engine';
import { expect, test } from 'vitest';

const program = fileURLToPath(new URL('../write-until-full.ts', import.meta.url));

test.for([0, 1])('with %i threads', (threads) => {
  const directory = mkdtempSync(join(tmpdir(), 'htkv-full-'));
  try {
    const dataDir = join(directory, 'store');
    const printed = execFileSync(
      'sh',
      ['-c', 'ulimit -f 1600 && exec "$@"', 'sh', process.execPath, program, dataDir, String(threads)],
      { encoding: 'utf8' },
    );
    const answers = printed
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ') as [string, string]);
    expect(answers).toHaveLength(6_000);
    expect(new Set(answers.map(([, answer]) => answer))).toEqual(new Set(['applied', 'STORAGE_NO_SPACE']));
    const engine = SingleNodeEngine.openSync({ dataDir, readOnly: true });
    const untrue = answers.filter(([key, answer]) => engine.has(key) !== (answer === 'applied'));
    expect(untrue).toEqual([]);
    engine.closeSync();
  } finally {
    rmSync(directory, { recursive: true });
  }
});
