/**
 * Proves that stamping fills in exactly what is missing, that a write without a version wins over the record it
 * meets and over earlier items of its batch, and that this holds when a caller has used up the highest version.
 */

import { utf8 } from '@htkv/base';
import { describe, expect, expectTypeOf, test } from 'vitest';

import type {
  Command,
  DeleteCommand,
  SetCommand,
  SingleCommand,
  StampedBatch,
  StampedDelete,
  StampedSet,
} from '../src/command.ts';
import { isStamped } from '../src/command.ts';
import { KvState } from '../src/kv-state.ts';
import { MemoryEntries } from '../src/memory-entries.ts';
import type { StampSource } from '../src/stamp.ts';
import { stampCommand } from '../src/stamp.ts';
import { VersionCounter } from '../src/version-counter.ts';
import { set } from './commands.ts';

const MAX = Number.MAX_SAFE_INTEGER;

function sourceOver(entries: MemoryEntries, counter = new VersionCounter()): StampSource {
  return { counter, heads: entries, timestamp: 4000 };
}

function put(key: string, value = 'x', fields: Partial<SetCommand> = {}): SetCommand {
  return { type: 'set', key: utf8(key), value: utf8(value), ...fields };
}

function batch(...commands: SingleCommand[]): Command & { type: 'batch' } {
  return { type: 'batch', commands };
}

describe('a single command', () => {
  test('gets a version and the timestamp it lacks and keeps everything else', () => {
    const command = put('a', 'x', { expiresAt: 9000, ifVersion: 3 });
    const stamped = stampCommand(command, sourceOver(new MemoryEntries(), new VersionCounter(6)));
    expect(stamped).toEqual({ ...command, version: 7, timestamp: 4000 });
    expect(stamped.key).toBe(command.key);
    expect(command.version).toBeUndefined();
  });

  test('keeps its own version and timestamp, and the counter goes past that version', () => {
    const source = sourceOver(new MemoryEntries());
    expect(stampCommand(put('a', 'x', { version: 50 }), source)).toMatchObject({
      version: 50,
      timestamp: 4000,
    });
    expect(stampCommand(put('a', 'x', { timestamp: 3 }), source)).toMatchObject({
      version: 51,
      timestamp: 3,
    });
  });

  test('that is complete is returned as it is', () => {
    const command = set('a', 'x', 5);
    expect(stampCommand(command, sourceOver(new MemoryEntries()))).toBe(command);
  });

  test('treats undefined as left out', () => {
    const command = put('a', 'x', { version: undefined, timestamp: undefined });
    const stamped = stampCommand(command, sourceOver(new MemoryEntries()));
    expect(stamped).toMatchObject({ version: 1, timestamp: 4000 });
    expect(isStamped(command)).toBe(false);
    expect(isStamped(stamped)).toBe(true);
  });

  test('wins over a record that is newer than the counter knows', () => {
    const entries = new MemoryEntries();
    entries.commit([set('a', 'x', 900)]);
    expect(stampCommand(put('a'), sourceOver(entries)).version).toBe(901);
  });
});

describe('a batch', () => {
  test('is stamped item by item, later ones newer', () => {
    const stamped = stampCommand(
      batch(put('a'), put('a', 'y', { version: 100 }), put('a'), { type: 'delete', key: utf8('b') }),
      sourceOver(new MemoryEntries()),
    );
    expect(stamped.commands.map((item) => item.version)).toEqual([1, 100, 101, 102]);
    expect(stamped.commands.every((item) => item.timestamp === 4000)).toBe(true);
    expect(isStamped(stamped)).toBe(true);
  });

  test('keeps its mode', () => {
    const stamped = stampCommand(
      { type: 'batch', commands: [put('a')], atomic: 'allOrNothing' },
      sourceOver(new MemoryEntries()),
    );
    expect(stamped.atomic).toBe('allOrNothing');
  });

  test('has later items that win even after the highest version was used on another key', () => {
    const state = new KvState();
    const entries = new MemoryEntries();
    const source = sourceOver(entries);
    const stamped = stampCommand(
      batch(
        put('a', '1'),
        put('a', '2'),
        put('z', 'z', { version: MAX }),
        put('a', '3'),
        put('b'),
        put('a', '4'),
      ),
      source,
    );
    expect(stamped.commands.map((item) => item.version)).toEqual([1, 2, MAX, 3, 1, 4]);
    expect(state.apply(stamped)).toEqual(stamped.commands.map(() => 'applied'));
  });

  test('after the highest version continues from records and items, whichever is newer', () => {
    const entries = new MemoryEntries();
    entries.commit([set('a', 'x', 10), set('b', 'x', 10)]);
    const source = sourceOver(entries, new VersionCounter(MAX));
    const stamped = stampCommand(
      batch(
        put('a', 'x', { version: 4 }),
        put('a'),
        put('b', 'x', { version: 20 }),
        put('b', 'x', { version: 3 }),
        put('b'),
      ),
      source,
    );
    expect(stamped.commands.map((item) => item.version)).toEqual([4, 11, 20, 3, 21]);
  });
});

test('a write to a key with the highest version is refused with a code, and other keys go on', () => {
  const entries = new MemoryEntries();
  const source = sourceOver(entries);
  entries.commit([stampCommand(put('a', 'x', { version: MAX }), source)]);
  expect(() => stampCommand(put('a'), source)).toThrow(
    expect.objectContaining({ name: 'CodedError', code: 'STATE_VERSION_EXHAUSTED' }),
  );
  expect(stampCommand(put('b'), source).version).toBe(1);
});

test('the type of the stamped form follows the command', () => {
  const source = sourceOver(new MemoryEntries());
  expectTypeOf(stampCommand(put('a'), source)).toEqualTypeOf<StampedSet>();
  const removal: DeleteCommand = { type: 'delete', key: utf8('a') };
  expectTypeOf(stampCommand(removal, source)).toEqualTypeOf<StampedDelete>();
  expectTypeOf(stampCommand(batch(), source)).toEqualTypeOf<StampedBatch>();
});
