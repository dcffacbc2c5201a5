/**
 * Histories of simulated threads on one register per key, for the tests of the check itself: each call takes effect
 * at one moment between its invocation and its return, unless a mistake is planted.
 */
import { SeededRandom } from '@htkv/storage/testing';

import type { Operation, Seen, WriteResult } from './linearizable.ts';

/**
 * `staleRead`: one read in fifty is answered from the state before the last write. `lostWrite`: one write in fifty
 * is acknowledged and not made. `conditionIgnored`: one condition in ten is not looked at.
 */
export type Mistake = 'staleRead' | 'lostWrite' | 'conditionIgnored';

export interface HistoryShape {
  readonly threads: number;
  readonly operationsPerThread: number;
  readonly keys: number;
  readonly seed: number;
  readonly mistake?: Mistake;
}

interface Running {
  readonly key: number;
  readonly invokedAt: number;
  readonly call: Operation['call'];
  result: Operation['result'] | undefined;
}

interface Register {
  now: Seen | undefined;
  before: Seen | undefined;
  version: number;
}

/** The history of a run whose interleaving, calls and versions come from the seed. */
export function simulateHistory(shape: HistoryShape): Operation[] {
  const random = new SeededRandom(`simulated history ${shape.seed}`);
  const registers = Array.from({ length: shape.keys }, (): Register => ({
    now: undefined,
    before: undefined,
    version: 0,
  }));
  const left = Array.from({ length: shape.threads }, () => shape.operationsPerThread);
  const running = new Map<number, Running>();
  const history: Operation[] = [];
  let moment = 0;
  let written = 0;
  for (;;) {
    const threads = [...left.keys()].filter((thread) => left[thread]! > 0 || running.has(thread));
    if (threads.length === 0) return history;
    const thread = random.pick(threads);
    const operation = running.get(thread);
    moment += 1;
    if (operation === undefined) {
      left[thread]! -= 1;
      written += 1;
      const key = random.below(shape.keys);
      const call = chooseCall(random, registers[key]!, written);
      running.set(thread, { key, invokedAt: moment, call, result: undefined });
    } else if (operation.result === undefined) {
      operation.result = answer(operation.call, registers[operation.key]!, random, shape.mistake);
    } else {
      running.delete(thread);
      const { key, invokedAt, call, result } = operation;
      history.push({ thread, key, invokedAt, returnedAt: moment, call, result } as Operation);
    }
  }
}

function chooseCall(random: SeededRandom, register: Register, value: number): Operation['call'] {
  const kind = random.below(10);
  if (kind < 5) return { kind: 'get' };
  if (kind < 6) return { kind: 'delete' };
  if (kind < 7) return { kind: 'put', value, ifAbsent: true };
  if (kind < 8) return { kind: 'put', value, ifVersion: register.version };
  return { kind: 'put', value };
}

function answer(
  call: Operation['call'],
  register: Register,
  random: SeededRandom,
  mistake: Mistake | undefined,
): Seen | 'absent' | WriteResult {
  if (call.kind === 'get') {
    const isStale = mistake === 'staleRead' && random.chance(0.02);
    return (isStale ? register.before : register.now) ?? 'absent';
  }
  const isBlind = mistake === 'conditionIgnored' && random.chance(0.1);
  if (!isBlind && !holds(call, register)) return 'conflict';
  if (mistake !== 'lostWrite' || !random.chance(0.02)) {
    register.before = register.now;
    register.version += 1 + random.below(3);
    register.now = call.kind === 'put' ? { value: call.value, version: register.version } : undefined;
  }
  return call.kind === 'put' ? 'applied' : 'removed';
}

function holds(call: Exclude<Operation['call'], { kind: 'get' }>, register: Register): boolean {
  if (call.ifAbsent === true) return register.now === undefined;
  return call.ifVersion === undefined || register.now?.version === call.ifVersion;
}
