/**
 * How fast a store is read back when it is opened: its whole log, in records of 96 bytes; from a checkpoint, with as
 * little memory for pages as can be, so that it is the keys that are counted; and 100,000 entries of 100 bytes after a
 * close, which is when most stores are opened. The pages of the files are in the system's cache.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { SingleNodeEngine } from '@htkv/engine';

import type { Stage } from '../stage.ts';
import { median } from '../statistics.ts';
import { rate, type Row } from '../table.ts';
import { KeyMaker } from '../workload.ts';
import type { Question } from './question.ts';

const MEMORY_BUDGET_MIN = 1024 * 1024;
const REOPENED_KEYS = 100_000;

export const recovery: Question = {
  name: 'recovery',
  async ask(stage: Stage): Promise<readonly Row[]> {
    const dataDir = stage.newDirectory();
    await fill(dataDir, stage.keys, 32, true);
    const byCheckpoint = median(openings(stage, { dataDir, memoryBudget: MEMORY_BUDGET_MIN }, stage.keys));
    for (const name of readdirSync(dataDir)) {
      if (name.startsWith('checkpoint-')) rmSync(join(dataDir, name));
    }
    const byLog = median(openings(stage, { dataDir, memoryBudget: MEMORY_BUDGET_MIN }, stage.keys));

    const small = stage.newDirectory();
    const entries = Math.min(stage.keys, REOPENED_KEYS);
    await fill(small, entries, 100, false);
    const reopened = median(openings(stage, { dataDir: small }, entries));
    return [
      {
        question: 'recovery from the log, records of 96 B',
        ours: rate((stage.keys / byLog) * 1000),
        against: `${byLog.toFixed(0)} ms in all`,
        figure: (byLog * 1e6) / stage.keys,
        unit: 'ns/key',
        target: { atMost: 200 },
      },
      {
        question: 'recovery from a checkpoint',
        ours: rate((stage.keys / byCheckpoint) * 1000),
        against: `${byCheckpoint.toFixed(0)} ms in all`,
        figure: (byCheckpoint * 1e6) / stage.keys,
        unit: 'ns/key',
        target: { atMost: 50 },
      },
      {
        question: `reopening ${entries} entries of 100 B`,
        ours: `${reopened.toFixed(0)} ms`,
        against: `${((reopened * 1e6) / entries).toFixed(0)} ns/key`,
        figure: reopened,
        unit: 'ms',
        target: { atMost: 40 },
      },
    ];
  },
};

/** Writes a store and closes it; with a checkpoint of everything if asked, however small it is. */
async function fill(dataDir: string, keys: number, valueBytes: number, checkpoint: boolean): Promise<void> {
  const engine = await SingleNodeEngine.open({ dataDir });
  const maker = new KeyMaker();
  const value = new Uint8Array(valueBytes).fill(7);
  for (let index = 0; index < keys; index += 1) engine.putSync(maker.make(index), value);
  if (checkpoint) await engine.checkpoint();
  await engine.close();
}

/** How long it takes to open a store, in milliseconds, round by round. */
function openings(
  stage: Stage,
  config: { readonly dataDir: string; readonly memoryBudget?: number },
  keys: number,
): number[] {
  return Array.from({ length: stage.rounds }, () => {
    const start = performance.now();
    const engine = SingleNodeEngine.openSync({ ...config, createIfMissing: false });
    const elapsedMs = performance.now() - start;
    if (engine.size !== keys) throw new Error(`expected ${keys} keys after opening, got ${engine.size}`);
    engine.closeSync();
    return elapsedMs;
  });
}
