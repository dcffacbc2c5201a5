/**
 * In an earlier system a batch was a loop, and whoever read meanwhile saw half of it. Here a thread that has seen any
 * of a batch sees all of it, whichever record of it comes first.
 */

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { SingleNodeEngine } from '@htkv/engine';
import { expect, test } from 'vitest';

import { text } from '../text.ts';

/** What the writing thread gets. */
export interface BatchWriterData {
  readonly handle: ReturnType<SingleNodeEngine['share']>;
  /** 1 to stop; the last number that was written. */
  readonly stop: Int32Array;
}

const BATCHES = 5000;

test('a reader that has seen one record of a batch sees the others', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'htkv-batches-'));
  const engine = SingleNodeEngine.openSync({ dataDir });
  const stop = new Int32Array(new SharedArrayBuffer(8));
  const workerData: BatchWriterData = { handle: engine.share(), stop };
  const writer = new Worker(new URL('write-batches.ts', import.meta.url), { workerData, execArgv: [] });
  const hasEnded = once(writer, 'exit');
  try {
    while (Atomics.load(stop, 1) === 0) await new Promise((resolve) => setImmediate(resolve));
    for (let look = 0; Atomics.load(stop, 1) < BATCHES; look += 1) {
      const [one, other] = look % 2 === 0 ? ['0', '9'] : ['9', '0'];
      const earlier = text(engine.get(one));
      const later = text(engine.get(other));
      expect(earlier! <= later!, `${one} was ${earlier}, and then ${other} was ${later}`).toBe(true);
    }
  } finally {
    Atomics.store(stop, 0, 1);
    expect(await hasEnded).toEqual([0]);
    engine.closeSync();
    rmSync(dataDir, { recursive: true });
  }
});
