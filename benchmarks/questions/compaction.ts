/**
 * What making room costs. How long a full pass takes of 20,000 entries of 16 and 256 bytes of which every fifth was
 * deleted, and what puts come to while passes and checkpoints run without a pause between them: every key is overwritten
 * once, with the event loop running every thousand puts, in a store that does nothing else and in one that does both.
 */
import { setImmediate } from 'node:timers/promises';
import { rmSync } from 'node:fs';

import { SingleNodeEngine } from '@htkv/engine';

import type { Stage } from '../stage.ts';
import { median, quantile } from '../statistics.ts';
import { rate, type Row } from '../table.ts';
import { KeyMaker, KeyWalk, VALUE } from '../workload.ts';
import type { Question } from './question.ts';

const PASS_KEYS = 20_000;
const PASS_VALUE_BYTES = 256;
const PUTS_BETWEEN_TURNS = 1000;

interface Puts {
  readonly perSecond: number;
  readonly p999: number;
  readonly bytesRelocated: number;
  readonly checkpoints: number;
}

export const compaction: Question = {
  name: 'compaction',
  async ask(stage: Stage): Promise<readonly Row[]> {
    const passes: number[] = [];
    const alone: Puts[] = [];
    const beside: Puts[] = [];
    for (let round = 0; round <= stage.rounds; round += 1) {
      const passMs = await timePass(stage);
      const [first, second] = round % 2 === 0 ? [false, true] : [true, false];
      const puts = new Map([
        [first, await timePuts(stage, first)],
        [second, await timePuts(stage, second)],
      ]);
      // The first round warms up.
      if (round === 0) continue;
      passes.push(passMs);
      alone.push(puts.get(false)!);
      beside.push(puts.get(true)!);
    }
    return [passRow(passes), rateRow(alone, beside), pauseRow(alone, beside)];
  },
};

async function timePass(stage: Stage): Promise<number> {
  const dataDir = stage.newDirectory();
  const engine = await SingleNodeEngine.open({ dataDir, compactionIntervalMs: 0 });
  const maker = new KeyMaker();
  const value = new Uint8Array(PASS_VALUE_BYTES).fill(7);
  for (let index = 0; index < PASS_KEYS; index += 1) engine.putSync(maker.make(index), value);
  for (let index = 0; index < PASS_KEYS; index += 5) engine.deleteSync(maker.make(index));
  await engine.flush();
  const start = performance.now();
  const { bytesReclaimed } = await engine.runCompactionNow();
  const elapsedMs = performance.now() - start;
  if (bytesReclaimed === 0) throw new Error('expected a pass to make room');
  await engine.close();
  rmSync(dataDir, { recursive: true });
  return elapsedMs;
}

async function timePuts(stage: Stage, withUpkeep: boolean): Promise<Puts> {
  const dataDir = stage.newDirectory();
  const engine = await SingleNodeEngine.open({
    dataDir,
    compactionIntervalMs: withUpkeep ? 10 : 0,
    compactionGarbageRatio: 0.1,
  });
  const filling = KeyWalk.over(stage.keys, stage.newOrder());
  for (let index = 0; index < stage.keys; index += 1) engine.putSync(filling.next(), VALUE);
  await engine.flush();
  const before = engine.stats().compaction.bytesRelocated;
  let isOver = false;
  let checkpoints = 0;
  const upkeep = (async () => {
    for (; withUpkeep && !isOver; checkpoints += 1) await engine.checkpoint();
  })();

  const walk = KeyWalk.over(stage.keys, stage.newOrder());
  const times = new Float64Array(stage.keys);
  const start = performance.now();
  for (let index = 0; index < stage.keys; index += 1) {
    const key = walk.next();
    const putAt = performance.now();
    engine.putSync(key, VALUE);
    times[index] = performance.now() - putAt;
    if (index % PUTS_BETWEEN_TURNS === 0) await setImmediate();
  }
  await engine.flush();
  const elapsedMs = performance.now() - start;
  isOver = true;
  await upkeep;
  const bytesRelocated = engine.stats().compaction.bytesRelocated - before;
  await engine.close();
  rmSync(dataDir, { recursive: true });
  return {
    perSecond: (stage.keys / elapsedMs) * 1000,
    p999: quantile(times, 0.999),
    bytesRelocated,
    checkpoints,
  };
}

function passRow(passes: readonly number[]): Row {
  const passMs = median(passes);
  return {
    question: `compaction of ${PASS_KEYS}, a fifth deleted`,
    ours: `${passMs.toFixed(0)} ms`,
    against: 'earlier system 118 ms, with nothing to remove',
    figure: passMs,
    unit: 'ms',
    target: { atMost: 25 },
  };
}

function rateRow(alone: readonly Puts[], beside: readonly Puts[]): Row {
  const ratios = beside.map(({ perSecond }, round) => perSecond / alone[round]!.perSecond);
  const mebibytes = median(beside.map(({ bytesRelocated }) => bytesRelocated)) / 2 ** 20;
  const checkpoints = median(beside.map((puts) => puts.checkpoints));
  return {
    question: 'puts while compaction and checkpoints run',
    ours: rate(median(beside.map(({ perSecond }) => perSecond))),
    against: `alone ${rate(median(alone.map(({ perSecond }) => perSecond)))}; ${mebibytes.toFixed(0)} MiB moved, ${checkpoints} checkpoints`,
    figure: median(ratios),
    unit: 'x',
    target: { atLeast: 0.6 },
  };
}

function pauseRow(alone: readonly Puts[], beside: readonly Puts[]): Row {
  const ratios = beside.map(({ p999 }, round) => p999 / alone[round]!.p999);
  return {
    question: 'a put meanwhile, p99.9',
    ours: `${median(beside.map(({ p999 }) => p999)).toFixed(3)} ms`,
    against: `alone ${median(alone.map(({ p999 }) => p999)).toFixed(3)} ms`,
    figure: median(ratios),
    unit: 'x',
    target: { atMost: 5 },
  };
}
