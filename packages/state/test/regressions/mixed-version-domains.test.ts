/**
 * An earlier system kept its own counter and did not notice versions that callers chose: after one submitted set
 * with a version from a microsecond clock, every plain put of that key was answered `ignoredStale` and its value was
 * silently lost. A write without a version has to win, whatever happened before.
 */

import { utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import { MemoryEntries } from '../../src/memory-entries.ts';
import { stampCommand } from '../../src/stamp.ts';
import { StateMachine } from '../../src/state-machine.ts';
import { VersionCounter } from '../../src/version-counter.ts';

test('a put after a set with a far higher version wins, also after a restart', () => {
  const entries = new MemoryEntries();
  const machine = new StateMachine(entries);
  let counter = new VersionCounter();
  const put = (text: string, version?: number): string =>
    machine.apply(
      stampCommand(
        { type: 'set', key: utf8('k'), value: utf8(text), version },
        { counter, heads: entries, timestamp: 1 },
      ),
    );

  expect(put('first')).toBe('applied');
  expect(put('from a clock', 1_700_000_000_000_000)).toBe('applied');
  expect(put('second')).toBe('applied');
  expect(entries.get(utf8('k'))).toEqual(utf8('second'));

  counter = new VersionCounter(entries.latestVersion());
  expect(put('third')).toBe('applied');
  counter = new VersionCounter();
  expect(put('fourth, with a counter that knows nothing')).toBe('applied');
  expect(put('late', 2)).toBe('ignoredStale');
});
