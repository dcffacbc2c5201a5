/** Short ways to write commands in tests: texts for keys and values, a timestamp of 1,000 unless told otherwise. */

import { utf8 } from '@htkv/base';

import type { StampedBatch, StampedDelete, StampedSet, StampedSingle } from '../src/command.ts';

export type SetExtras = Partial<Omit<StampedSet, 'type' | 'key' | 'value' | 'version'>>;
export type DeleteExtras = Partial<Omit<StampedDelete, 'type' | 'key' | 'version'>>;

export function set(key: string, value: string, version: number, extras: SetExtras = {}): StampedSet {
  return { type: 'set', key: utf8(key), value: utf8(value), version, timestamp: 1000, ...extras };
}

export function remove(key: string, version: number, extras: DeleteExtras = {}): StampedDelete {
  return { type: 'delete', key: utf8(key), version, timestamp: 1000, ...extras };
}

export function perItem(...commands: StampedSingle[]): StampedBatch {
  return { type: 'batch', commands };
}

export function allOrNothing(...commands: StampedSingle[]): StampedBatch {
  return { type: 'batch', commands, atomic: 'allOrNothing' };
}
