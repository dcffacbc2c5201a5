/**
 * Proves when a turn at a store begins and ends: once however deep it goes, after what a dead thread left is made
 * good, and with notice of what others have changed.
 */
import { beforeEach, expect, test } from 'vitest';

import { ControlMemory, controlBytes, Word } from '../../src/control/shared-memory.ts';
import { StoreLock } from '../../src/session/store-lock.ts';
import { StoreSession } from '../../src/session/store-session.ts';
import { ThreadSlots } from '../../src/session/thread-slots.ts';

let memory: ArrayBuffer;
let slots: ThreadSlots;

beforeEach(() => {
  memory = new ArrayBuffer(controlBytes(1));
  slots = new ThreadSlots(new ControlMemory(memory, 1).threadSlots);
});

interface Thread {
  readonly session: StoreSession;
  readonly control: ControlMemory;
  readonly slot: number;
  /** What happened around its turns. */
  readonly events: string[];
  /** What its repairs throw. */
  failure: Error | undefined;
}

function join(isShared = true): Thread {
  const control = new ControlMemory(memory, 1);
  const slot = slots.claim();
  const events: string[] = [];
  const owner = {
    repair: () => {
      events.push('repair');
      if (thread.failure !== undefined) throw thread.failure;
    },
    changed: () => void events.push('changed'),
    begin: () => void events.push('begin'),
    end: () => void events.push('end'),
  };
  const lock = new StoreLock(control.words, slots, slot);
  const session = new StoreSession(control, lock, owner, isShared);
  const thread: Thread = { session, control, slot, events, failure: undefined };
  return thread;
}

function isTaken({ control }: Thread): boolean {
  return Atomics.load(control.words, Word.lock) !== 0;
}

test('a turn begins and ends once, however deep it goes', () => {
  const thread = join();
  const { session, events } = thread;
  expect([session.isOpenToOthers, isTaken(thread)]).toEqual([true, false]);
  session.enter();
  session.enter();
  expect([session.isOpenToOthers, isTaken(thread), events]).toEqual([false, true, ['begin']]);
  session.leave();
  expect([session.isOpenToOthers, isTaken(thread), events]).toEqual([false, true, ['begin']]);
  session.leave();
  expect([session.isOpenToOthers, isTaken(thread), events]).toEqual([true, false, ['begin', 'end']]);
});

test('a store that nobody shares needs no lock, until it is shared', () => {
  const thread = join(false);
  thread.session.enter();
  expect([thread.session.isOpenToOthers, isTaken(thread)]).toEqual([false, false]);
  thread.session.leave();
  expect(thread.session.isOpenToOthers).toBe(false);
  thread.session.share();
  expect(thread.session.isOpenToOthers).toBe(true);
  thread.session.enter();
  expect(isTaken(thread)).toBe(true);
  thread.session.leave();
  expect(isTaken(thread)).toBe(false);
});

test('a thread hears of changes that others have made, and not of its own', () => {
  const [one, other] = [join(), join()];
  const turn = ({ session, control }: Thread, changes: boolean): void => {
    session.enter();
    if (changes) control.block.set(0, control.block.get(0) + 1);
    session.leave();
  };
  turn(one, true);
  turn(one, true);
  expect(one.events).toEqual(['begin', 'end', 'begin', 'end']);
  turn(other, false);
  expect(other.events).toEqual(['changed', 'begin', 'end']);
  turn(one, false);
  expect(one.events.filter((event) => event === 'changed')).toEqual([]);
  turn(other, true);
  turn(one, false);
  expect(one.events.slice(-3)).toEqual(['changed', 'begin', 'end']);
});

test('what a dead thread left is made good before a turn begins, once', () => {
  const [one, other, third] = [join(), join(), join()];
  one.session.enter();
  one.control.block.set(0, 7);
  slots.bury(one.slot, slots.claimOf(one.slot));
  other.session.enter();
  expect(other.events).toEqual(['repair', 'changed', 'begin']);
  other.session.leave();
  third.session.enter();
  expect(third.events).toEqual(['changed', 'begin']);
});

test('a repair that fails is tried again by whoever comes next, and keeps nobody out', () => {
  const [one, other, third] = [join(), join(), join()];
  one.session.enter();
  slots.bury(one.slot, slots.claimOf(one.slot));
  other.failure = new Error('a record cannot be read');
  expect(() => other.session.enter()).toThrow(other.failure);
  expect([other.session.isOpenToOthers, isTaken(other), other.events]).toEqual([true, false, ['repair']]);
  expect(() => other.session.enter()).toThrow(other.failure);
  third.session.enter();
  expect(third.events.slice(0, 1)).toEqual(['repair']);
  third.session.leave();
  other.events.length = 0;
  other.session.enter();
  expect(other.events).not.toContain('repair');
});

test('a thread that dies in a repair leaves it to the next one', () => {
  const [one, other, third] = [join(), join(), join()];
  one.session.enter();
  slots.bury(one.slot, slots.claimOf(one.slot));
  other.failure = new Error('it ends here');
  expect(() => other.session.enter()).toThrow(other.failure);
  slots.bury(other.slot, slots.claimOf(other.slot));
  third.session.enter();
  expect(third.events[0]).toBe('repair');
});
