/**
 * The model that an engine is compared with: a sorted map and its history, and how the two are compared. After a crash the
 * engine must be in one of the states since the last one that is known to be durable.
 */
import { isDeepStrictEqual } from 'node:util';

import type { SingleNodeEngine } from '@htkv/engine';
import type * as fc from 'fast-check';
import { expect } from 'vitest';

import type { SimulatedMachine } from './simulated-machine.ts';
import { text } from './text.ts';

export interface ModelEntry {
  readonly value: string;
  readonly expiresAt: number | undefined;
}

type State = ReadonlyMap<string, ModelEntry>;

/** What the engine must be: a history whose states up to `durable` cannot be lost. */
export class Model {
  readonly states: State[] = [new Map()];
  durable = 0;
  now: number;

  constructor(now: number) {
    this.now = now;
  }

  get state(): State {
    return this.states.at(-1)!;
  }

  isPresent(key: string, state: State = this.state): boolean {
    const entry = state.get(key);
    return entry !== undefined && (entry.expiresAt === undefined || this.now < entry.expiresAt);
  }

  /** Makes `next` the state; durable at once if the engine says so. */
  advance(next: State, isDurable: boolean): void {
    this.states.push(next);
    if (isDurable) this.settle();
  }

  settle(): void {
    this.durable = this.states.length - 1;
  }

  visible(state: State = this.state): [string, string, number | undefined][] {
    return [...state]
      .filter(([key]) => this.isPresent(key, state))
      .map(([key, { value, expiresAt }]): [string, string, number | undefined] => [key, value, expiresAt])
      .sort(([left], [right]) => (left < right ? -1 : 1));
  }
}

/** The machine and the engine that runs on it, which restarts replace. */
export interface Real {
  machine: SimulatedMachine;
  engine: SingleNodeEngine;
}

/** What may happen in a life. */
export type ModelCommand = fc.ICommand<Model, Real, void | Promise<void>>;

/** Throws unless both are the same; quickly if they are. */
export function agree(given: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(given, expected)) expect(given).toEqual(expected);
}

export function visibleIn(engine: SingleNodeEngine): [string, string, number | undefined][] {
  return engine
    .entries()
    .toArray()
    .map(([key, value]) => {
      return [text(key), text(value), engine.getEntry(key)!.expiresAt];
    });
}
