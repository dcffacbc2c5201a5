/**
 * Proves what the machine asks of its port: one atomic commit per command that changes something, none otherwise,
 * batches in both modes, and that later items of a batch meet what earlier ones did. A port that records every
 * commit watches.
 */

import { describe, expect, test } from 'vitest';

import { MemoryEntries } from '../src/memory-entries.ts';
import { StateMachine } from '../src/state-machine.ts';
import type { Mutation } from '../src/state-port.ts';
import { allOrNothing, perItem, remove, set } from './commands.ts';

class WatchedEntries extends MemoryEntries {
  readonly commits: Mutation[][] = [];

  override commit(mutations: readonly Mutation[]): void {
    this.commits.push([...mutations]);
    super.commit(mutations);
  }
}

function machineOver(...commands: Mutation[]): { port: WatchedEntries; machine: StateMachine } {
  const port = new WatchedEntries();
  if (commands.length > 0) port.commit(commands);
  port.commits.length = 0;
  return { port, machine: new StateMachine(port) };
}

describe('a single command', () => {
  test('that is applied or removed reaches the port in one commit', () => {
    const { port, machine } = machineOver();
    const write = set('a', 'one', 1, { expiresAt: 5000 });
    const removal = remove('a', 2);
    expect(machine.apply(write)).toBe('applied');
    expect(machine.apply(removal)).toBe('removed');
    expect(port.commits).toEqual([[write], [removal]]);
  });

  test('that is stale or in conflict does not touch the port', () => {
    const { port, machine } = machineOver(set('a', 'one', 5));
    expect(machine.apply(set('a', 'two', 5))).toBe('ignoredStale');
    expect(machine.apply(set('a', 'two', 6, { ifVersion: 4 }))).toBe('conflict');
    expect(machine.apply(remove('b', 6, { ifPresent: true }))).toBe('conflict');
    expect(port.commits).toEqual([]);
  });

  test('to delete an absent key leaves a tombstone that beats older sets', () => {
    const { port, machine } = machineOver();
    expect(machine.apply(remove('a', 20))).toBe('removed');
    expect(port.commits).toHaveLength(1);
    expect(machine.apply(set('a', 'late', 5))).toBe('ignoredStale');
    expect(machine.apply(set('a', 'new', 21))).toBe('applied');
  });

  test('can be evaluated without any effect', () => {
    const { port, machine } = machineOver(set('a', 'one', 5));
    const write = set('a', 'two', 6);
    expect(machine.evaluate(write)).toEqual({ outcome: 'applied', mutations: [write] });
    expect(machine.evaluate(set('a', 'two', 5))).toEqual({ outcome: 'ignoredStale', mutations: [] });
    expect(port.commits).toEqual([]);
  });
});

describe('a batch per item', () => {
  test('skips stale and conflicting items and applies the rest in one commit', () => {
    const { port, machine } = machineOver(set('a', 'one', 5));
    const good = [set('b', 'new', 1), remove('c', 1)];
    const outcomes = machine.apply(
      perItem(set('a', 'old', 4), good[0]!, set('b', 'again', 9, { ifAbsent: true }), good[1]!),
    );
    expect(outcomes).toEqual(['ignoredStale', 'applied', 'conflict', 'removed']);
    expect(port.commits).toEqual([good]);
  });

  test('is the mode when none is named', () => {
    const { machine } = machineOver(set('a', 'one', 1));
    const stale = set('a', 'x', 1);
    const fresh = set('a', 'two', 2);
    const explicit = machine.evaluate({ type: 'batch', commands: [stale, fresh], atomic: 'perItem' });
    expect(machine.evaluate(perItem(stale, fresh))).toEqual(explicit);
    expect(explicit.outcomes).toEqual(['ignoredStale', 'applied']);
  });

  test('of nothing has no outcomes and no commit', () => {
    const { port, machine } = machineOver();
    expect(machine.apply(perItem())).toEqual([]);
    expect(machine.apply(allOrNothing())).toEqual([]);
    expect(port.commits).toEqual([]);
  });

  test('of nothing but skipped items has no commit', () => {
    const { port, machine } = machineOver(set('a', 'one', 5));
    expect(machine.apply(perItem(set('a', 'x', 1), remove('a', 2)))).toEqual([
      'ignoredStale',
      'ignoredStale',
    ]);
    expect(port.commits).toEqual([]);
  });
});

describe('items of a batch see the items before them', () => {
  test('an older version after a newer one is stale', () => {
    const { machine } = machineOver();
    expect(machine.apply(perItem(set('a', 'x', 3), set('a', 'y', 2)))).toEqual(['applied', 'ignoredStale']);
  });

  test('a set, a delete and a conditional set of one key work as three commands would', () => {
    const { port, machine } = machineOver();
    const outcomes = machine.apply(
      perItem(
        set('a', 'x', 1, { ifAbsent: true }),
        set('a', 'y', 2, { ifVersion: 1 }),
        remove('a', 3, { ifVersion: 2 }),
        set('a', 'z', 4, { ifAbsent: true }),
        remove('b', 5, { ifPresent: true }),
      ),
    );
    expect(outcomes).toEqual(['applied', 'applied', 'removed', 'applied', 'conflict']);
    expect(port.commits).toHaveLength(1);
    expect(port.commits[0]).toHaveLength(4);
  });

  test('a deadline set by an earlier item is judged by the time of the later one', () => {
    const { machine } = machineOver();
    const outcomes = machine.apply(
      perItem(
        set('a', 'x', 1, { timestamp: 1000, expiresAt: 1500 }),
        set('a', 'y', 2, { timestamp: 1499, ifAbsent: true }),
        set('a', 'z', 3, { timestamp: 1500, ifAbsent: true }),
      ),
    );
    expect(outcomes).toEqual(['applied', 'conflict', 'applied']);
  });

  test('a skipped item is not seen by later ones', () => {
    const { machine } = machineOver(set('a', 'one', 5));
    const outcomes = machine.apply(perItem(remove('a', 4), set('a', 'y', 6, { ifPresent: true })));
    expect(outcomes).toEqual(['ignoredStale', 'applied']);
  });

  test('an empty key is a key of its own', () => {
    const { machine } = machineOver();
    const outcomes = machine.apply(perItem(set('', 'x', 1), set('a', 'x', 1), set('', 'y', 1)));
    expect(outcomes).toEqual(['applied', 'applied', 'ignoredStale']);
  });
});

describe('a batch of all or nothing', () => {
  test('applies everything in one commit if every item passes', () => {
    const { port, machine } = machineOver(set('a', 'one', 1));
    const commands = [set('b', 'x', 1, { ifAbsent: true }), remove('a', 2, { ifVersion: 1 })];
    expect(machine.apply(allOrNothing(...commands))).toEqual(['applied', 'removed']);
    expect(port.commits).toEqual([commands]);
  });

  for (const [name, spoiler] of [
    ['stale', set('a', 'x', 5)],
    ['in conflict', set('a', 'x', 6, { ifAbsent: true })],
  ] as const) {
    test(`applies nothing if one item is ${name}, and the others say what they would have been`, () => {
      const { port, machine } = machineOver(set('a', 'one', 5));
      const batch = allOrNothing(set('b', 'x', 1), spoiler, remove('b', 2, { ifVersion: 1 }));
      const outcomes = machine.apply(batch);
      expect(outcomes).toEqual(['applied', name === 'stale' ? 'ignoredStale' : 'conflict', 'removed']);
      expect(machine.evaluate(batch)).toEqual({ outcomes, mutations: [] });
      expect(port.commits).toEqual([]);
    });
  }
});

test('a commit that throws is passed on', () => {
  const failing = new (class extends MemoryEntries {
    override commit(): void {
      throw new Error('no space');
    }
  })();
  const machine = new StateMachine(failing);
  expect(() => machine.apply(set('a', 'x', 1))).toThrow('no space');
  expect(() => machine.apply(perItem(set('a', 'x', 1)))).toThrow('no space');
});

test('a port may reuse one object for all heads', () => {
  const entries = new MemoryEntries();
  const shared = { version: 0, timestamp: 0, expiresAt: undefined as number | undefined, deleted: false };
  const machine = new StateMachine({
    head: (key) => {
      const head = entries.head(key);
      return head === undefined ? undefined : Object.assign(shared, { expiresAt: undefined }, head);
    },
    headsIn: (range) => entries.headsIn(range),
    commit: (mutations) => entries.commit(mutations),
  });
  machine.apply(set('a', 'x', 5));
  machine.apply(set('b', 'x', 2));
  expect(machine.apply(perItem(set('a', 'y', 6), set('b', 'y', 3), set('a', 'z', 6)))).toEqual([
    'applied',
    'applied',
    'ignoredStale',
  ]);
});
