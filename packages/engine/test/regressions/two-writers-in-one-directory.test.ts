/**
 * In an earlier system nothing kept a second process out, so a tool that was run beside a service corrupted the store;
 * and its files carried neither a magic number nor a version, so anything was taken for a segment.
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SingleNodeEngine } from '@htkv/engine';
import { expect, test } from 'vitest';

import { errorOf } from '../result-of.ts';
import { DIRECTORY, SimulatedMachine } from '../simulated-machine.ts';

const program = fileURLToPath(new URL('./open-store.ts', import.meta.url));

test('a second process is refused while the first lives, and let in when it was killed', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'htkv-two-'));
  try {
    const dataDir = join(directory, 'store');
    const other = fork(program, [dataDir], { execArgv: [] });
    expect(await once(other, 'message')).toEqual(['open', undefined]);
    expect(errorOf(() => SingleNodeEngine.openSync({ dataDir }))).toMatchObject({
      code: 'STORAGE_LOCKED',
      details: { pid: other.pid },
    });
    const ended = once(other, 'exit');
    other.kill('SIGKILL');
    await ended;
    const engine = SingleNodeEngine.openSync({ dataDir });
    expect(engine.has('k')).toBe(true);
    await engine.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('a file that says nothing of ours is no segment and no manifest', () => {
  for (const kind of ['segment', 'manifest']) {
    const machine = new SimulatedMachine();
    const engine = machine.open();
    engine.putSync('k', 'v');
    engine.closeSync();
    const name = machine.disk.list(DIRECTORY).find((each) => each.startsWith(kind))!;
    machine.disk.replaceDurable(`${DIRECTORY}/${name}`, new Uint8Array(4096).fill(0x41));
    expect(errorOf(() => machine.open())).toMatchObject({ code: 'STORAGE_CORRUPT' });
  }
});
