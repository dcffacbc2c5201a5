/**
 * One workload with every level of durability, with rotation and with more open bytes than memory holds, run again
 * and again, each time with another call to the disk failing. Whatever fails, every answer must be true: `applied` at
 * level disk is there after a power loss, `not committed` is nowhere, what was accepted and is gone is told by the
 * next flush or by close, and nobody waits for ever.
 */

import type { SingleNodeEngine } from '@htkv/engine';
import { SeededRandom } from '@htkv/storage/testing';
import { expect } from 'vitest';

import { resultOf, resultOfSync } from './result-of.ts';
import { SimulatedMachine } from './simulated-machine.ts';

const LEVELS = ['disk', 'os', 'memory'] as const;

interface Answer {
  readonly key: string;
  readonly level: (typeof LEVELS)[number];
  readonly result: Promise<string>;
}

/** Writes each key once, at random levels, by promises and at once, and lets time pass in between. */
async function work(
  machine: SimulatedMachine,
  engine: SingleNodeEngine,
  random: SeededRandom,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let index = 0; index < 80; index += 1) {
    const key = `key ${index}`;
    const level = random.pick(LEVELS);
    const value = new Uint8Array(random.pick([10, 100, 1_000, 1_000, 30_000, 30_000, 70_000]));
    const isSync = random.chance(0.4);
    const result = isSync
      ? Promise.resolve(resultOfSync(() => engine.putSync(key, value, { durability: level })))
      : resultOf(engine.put(key, value, { durability: level }));
    answers.push({ key, level, result });
    if (random.chance(0.2)) machine.advance(random.below(20));
    if (random.chance(0.2)) await machine.turn();
  }
  await machine.settle();
  return answers;
}

export interface FaultSweep {
  readonly seed: string;
  readonly code: string;
  readonly effect: 'none' | 'prefix';
  /** Whether commit groups are written beside the writes. */
  readonly hasThread: boolean;
}

/** Runs the workload with a fault and checks every answer. Returns whether the fault was met. */
async function runWithFault({ seed, code, effect, hasThread }: FaultSweep, at: number): Promise<boolean> {
  const context = `seed ${seed}, ${code} (${effect}) at call ${at}${hasThread ? ', with a thread' : ''}`;
  const random = new SeededRandom(seed);
  const landing = random.fork('landing');
  const machine = new SimulatedMachine({
    isManual: true,
    ...(hasThread ? { hasLanded: () => landing.chance(0.3) } : {}),
  });
  const config = { maxSegmentSize: random.pick([4_096, 100_000, 400_000]), memoryBudget: 1024 * 1024 };
  const engine = machine.open(config);
  machine.faults.plan({ at, kinds: ['write', 'sync', 'create', 'syncDirectory'], code, effect });
  const answers = await work(machine, engine, random);
  const flushed = resultOf(engine.flush());
  await machine.settle();
  const report = (await flushed) ?? 'durable';
  const rebooted = machine.afterPowerLoss({ random: random.fork('power'), keep: 'random' });
  const closed = (await resultOf(engine.close())) ?? 'durable';
  const isMet = machine.faults.strikes > 0;
  expect(machine.disk.lockCount, context).toBe(0);
  expect(machine.disk.openFileCount, context).toBe(0);

  const survivor = rebooted.open(config);
  for (const { key, level, result } of answers) {
    const answer = await result;
    const isThere = survivor.has(key);
    if (answer === 'applied') {
      const wasToldLater = report !== 'durable' || closed !== 'durable';
      if (level === 'disk' || !wasToldLater) expect(isThere, `${key}, ${context}`).toBe(true);
    } else if (answer === 'STORAGE_NO_SPACE' || answer === 'ENGINE_POISONED') {
      expect(isThere, `${key}: ${answer}, ${context}`).toBe(false);
    } else {
      expect(answer, `${key}, ${context}`).toBe('ENGINE_COMMIT_UNKNOWN');
    }
  }
  if (!isMet) expect([report, closed], context).toEqual(['durable', 'durable']);
  await survivor.close();
  return isMet;
}

/** Runs the workload of a seed with each call failing in turn. Returns how many calls there were to fail. */
export async function sweepFaults(sweep: FaultSweep): Promise<number> {
  let at = 1;
  while (await runWithFault(sweep, at)) at += 1;
  return at - 1;
}
