/**
 * Proves that an entry is invisible to every read from its deadline on and not before, that no write takes it for
 * present then, and that setting the clock back never brings it back, not even over a restart. The clock moves by
 * hand.
 */

import type { SingleNodeEngine } from '@htkv/engine';
import { beforeEach, describe, expect, test } from 'vitest';

import { SimulatedMachine } from '../simulated-machine.ts';
import { text, textEntries, texts } from '../text.ts';

let machine: SimulatedMachine;
let engine: SingleNodeEngine;

beforeEach(() => {
  machine = new SimulatedMachine({ now: 1_000 });
  engine = machine.open();
  engine.putSync('stays', 's');
  engine.putSync('goes', 'g', { ttl: 500 });
});

function isVisible(): boolean {
  const seen = [
    engine.get('goes') !== undefined,
    engine.has('goes'),
    engine.getEntry('goes') !== undefined,
    engine.getPrefix('g').length === 1,
    texts(engine.keys()).includes('goes'),
    texts(engine.values()).includes('g'),
    textEntries(engine.entries({ reverse: true })).length === 2,
    engine.size === 2,
  ];
  expect(new Set(seen).size, `all reads agree: ${seen.join()}`).toBe(1);
  return seen[0]!;
}

test('an entry is visible until the millisecond before its deadline, and never again', () => {
  expect(isVisible()).toBe(true);
  machine.advance(499);
  expect(isVisible()).toBe(true);
  machine.advance(1);
  expect(isVisible()).toBe(false);
  machine.advance(1_000_000);
  expect(isVisible()).toBe(false);
});

test('ttl counts from now, expiresAt is a moment', () => {
  expect(engine.getEntry('goes')).toMatchObject({ timestamp: 1_000, expiresAt: 1_500 });
  engine.putSync('goes', 'g', { expiresAt: 1_200 });
  expect(engine.getEntry('goes')).toMatchObject({ expiresAt: 1_200 });
  expect('expiresAt' in engine.getEntry('stays')!).toBe(false);
});

test('a put without a deadline takes it away; one with a past deadline hides the key at once', () => {
  engine.putSync('goes', 'g');
  machine.advance(10_000);
  expect(isVisible()).toBe(true);
  expect(engine.putSync('goes', 'g', { expiresAt: 5 })).toBe('applied');
  expect(isVisible()).toBe(false);
  engine.putSync('goes', 'g', { ttl: 0 });
  expect(isVisible()).toBe(false);
});

test('conditions take an expired entry for absent', () => {
  const version = engine.getEntry('goes')!.version;
  machine.advance(500);
  expect(engine.putSync('goes', 'x', { ifPresent: true })).toBe('conflict');
  expect(engine.putSync('goes', 'x', { ifVersion: version })).toBe('conflict');
  expect(engine.deleteSync('goes', { ifPresent: true })).toBe('conflict');
  expect(engine.putSync('goes', 'x', { ifAbsent: true })).toBe('applied');
  expect(text(engine.get('goes'))).toBe('x');
});

test('an expired entry still beats an older set', () => {
  engine.submitSync({ type: 'set', key: 'goes', value: 'g', version: 100, expiresAt: 1_500 });
  machine.advance(500);
  expect(engine.submitSync({ type: 'set', key: 'goes', value: 'late', version: 99 })).toBe('ignoredStale');
  expect(engine.has('goes')).toBe(false);
  expect(engine.putSync('goes', 'new')).toBe('applied');
  expect(text(engine.get('goes'))).toBe('new');
});

describe.for([
  ['seen by a read', (): unknown => engine.get('goes')],
  ['counted by size', (): unknown => engine.size],
  ['met by a range', (): unknown => engine.keys().toArray()],
  ['met by a condition', (): unknown => engine.putSync('goes', 'x', { ifPresent: true })],
] as const)('a deadline that was %s', ([, see]) => {
  test('stays passed when the clock is set back', () => {
    machine.advance(600);
    see();
    machine.now = 1_100;
    expect(isVisible()).toBe(false);
  });

  test('stays passed over a restart', () => {
    engine.closeSync();
    engine = machine.open();
    machine.advance(600);
    see();
    engine.closeSync();
    machine.now = 1_050;
    engine = machine.open();
    expect(isVisible()).toBe(false);
    engine.closeSync();
  });
});

test('a write after the deadline keeps it passed over a restart, whatever it was about', () => {
  machine.advance(600);
  engine.putSync('stays', 'other');
  engine.closeSync();
  machine.now = 1_000;
  engine = machine.open();
  expect(engine.has('goes')).toBe(false);
  expect(engine.putSync('new', 'n')).toBe('applied');
  expect(engine.getEntry('new')!.timestamp).toBe(1_600);
});

test('a session that only reads and sees nothing expire writes nothing', () => {
  engine.closeSync();
  engine = machine.open();
  const writes = machine.callsDuring('write', () => {
    expect(isVisible()).toBe(true);
    engine.closeSync();
  });
  expect(writes).toBe(0);
});

test('deadlines are kept over a restart and a power loss', () => {
  engine.putSync('z', 'z', { durability: 'disk' });
  machine = machine.afterPowerLoss();
  engine = machine.open();
  engine.deleteSync('z');
  expect(isVisible()).toBe(true);
  machine.advance(500);
  expect(isVisible()).toBe(false);
});

test('the state that a snapshot holds knows the deadline and the entry behind it', () => {
  machine.advance(500);
  const snapshot = engine.snapshotState();
  const key = new TextEncoder().encode('goes');
  expect(snapshot.has(key, 1_499)).toBe(true);
  expect(snapshot.has(key, 1_500)).toBe(false);
});
