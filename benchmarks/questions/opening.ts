/**
 * How long opening takes: a store that was closed, and one whose process died. The pages of its files are in the
 * system's cache, so this is the cost of checking and indexing, not of the disk.
 */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { basename } from 'node:path';

import { SingleNodeEngine } from '@htkv/engine';

import type { Stage } from '../stage.ts';
import { median } from '../statistics.ts';
import type { Row } from '../table.ts';
import { KeyMaker, VALUE } from '../workload.ts';
import type { Question } from './question.ts';

export const opening: Question = {
  name: 'opening',
  async ask(stage: Stage): Promise<readonly Row[]> {
    const closed = stage.newDirectory();
    const crashed = stage.newDirectory();
    const engine = await SingleNodeEngine.open({ dataDir: closed });
    const maker = new KeyMaker();
    for (let index = 0; index < stage.keys; index += 1) engine.putSync(maker.make(index), VALUE);
    await engine.flush();
    // What lies there now is what the death of the process would leave.
    copyStore(closed, crashed);
    await engine.close();

    const afterClose: number[] = [];
    const afterCrash: number[] = [];
    for (let round = 0; round < stage.rounds; round += 1) {
      const copy = stage.newDirectory();
      copyStore(crashed, copy);
      afterClose.push(timeOpening(closed, stage.keys));
      afterCrash.push(timeOpening(copy, stage.keys));
      rmSync(copy, { recursive: true });
    }
    const crashMs = median(afterCrash);
    return [
      {
        question: 'opening after a crash',
        ours: `${crashMs.toFixed(0)} ms`,
        against: `after a close ${median(afterClose).toFixed(0)} ms`,
        figure: (crashMs * 1e6) / stage.keys,
        unit: 'ns/key',
      },
    ];
  },
};

function copyStore(source: string, target: string): void {
  mkdirSync(target);
  cpSync(source, target, { recursive: true, filter: (path) => !basename(path).startsWith('LOCK') });
}

function timeOpening(dataDir: string, keys: number): number {
  const start = performance.now();
  const engine = SingleNodeEngine.openSync({ dataDir, createIfMissing: false });
  const elapsedMs = performance.now() - start;
  if (engine.size !== keys) throw new Error(`expected ${keys} keys after opening, got ${engine.size}`);
  engine.closeSync();
  return elapsedMs;
}
