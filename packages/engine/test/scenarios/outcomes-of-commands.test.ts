/**
 * Proves the table of outcomes: which write wins, by version and by condition. Each row is tried on the engine that
 * took the writes before it, on one that was closed and opened again, and on one that came up after a power loss; and
 * its result is looked at in all three ways, too.
 */

import type { CommandInput, SingleNodeEngine } from '@htkv/engine';
import { describe, expect, test } from 'vitest';

import { SimulatedMachine } from '../simulated-machine.ts';
import { text } from '../text.ts';

interface Row {
  readonly what: string;
  readonly before: readonly CommandInput[];
  readonly command: CommandInput;
  readonly outcome: string;
  /** Value of the key afterwards. */
  readonly value: string | undefined;
}

const set = (value: string, extras: object = {}): CommandInput => ({
  type: 'set',
  key: 'k',
  value,
  ...extras,
});
const remove = (extras: object = {}): CommandInput => ({ type: 'delete', key: 'k', ...extras });
const at = (version: number): object => ({ version });
const FAR = 1_700_000_000_000_000;

const byVersion: readonly Row[] = [
  {
    what: 'a set of an absent key',
    before: [],
    command: set('new', at(1)),
    outcome: 'applied',
    value: 'new',
  },
  {
    what: 'a newer set',
    before: [set('old', at(10))],
    command: set('new', at(11)),
    outcome: 'applied',
    value: 'new',
  },
  {
    what: 'a set of the same version',
    before: [set('old', at(10))],
    command: set('new', at(10)),
    outcome: 'ignoredStale',
    value: 'old',
  },
  {
    what: 'an older set',
    before: [set('old', at(10))],
    command: set('new', at(9)),
    outcome: 'ignoredStale',
    value: 'old',
  },
  {
    what: 'a delete of the same version',
    before: [set('old', at(10))],
    command: remove(at(10)),
    outcome: 'ignoredStale',
    value: 'old',
  },
  {
    what: 'an older delete',
    before: [set('old', at(10))],
    command: remove(at(9)),
    outcome: 'ignoredStale',
    value: 'old',
  },
  {
    what: 'a newer delete',
    before: [set('old', at(10))],
    command: remove(at(11)),
    outcome: 'removed',
    value: undefined,
  },
  {
    what: 'a delete of an absent key',
    before: [],
    command: remove(at(5)),
    outcome: 'removed',
    value: undefined,
  },
  {
    what: 'a set older than a delete',
    before: [set('old', at(10)), remove(at(20))],
    command: set('late', at(15)),
    outcome: 'ignoredStale',
    value: undefined,
  },
  {
    what: 'a set older than a delete that found nothing',
    before: [remove(at(20))],
    command: set('late', at(5)),
    outcome: 'ignoredStale',
    value: undefined,
  },
  {
    what: 'a set newer than a delete',
    before: [remove(at(20))],
    command: set('new', at(21)),
    outcome: 'applied',
    value: 'new',
  },
  {
    what: 'a delete older than a delete',
    before: [remove(at(20))],
    command: remove(at(20)),
    outcome: 'ignoredStale',
    value: undefined,
  },
];

const withoutVersion: readonly Row[] = [
  { what: 'a put of an absent key', before: [], command: set('new'), outcome: 'applied', value: 'new' },
  { what: 'a put over a put', before: [set('old')], command: set('new'), outcome: 'applied', value: 'new' },
  {
    what: 'a put over a far version',
    before: [set('old', at(FAR))],
    command: set('new'),
    outcome: 'applied',
    value: 'new',
  },
  {
    what: 'a put after a far delete',
    before: [remove(at(FAR))],
    command: set('new'),
    outcome: 'applied',
    value: 'new',
  },
  {
    what: 'a delete of a far version',
    before: [set('old', at(FAR))],
    command: remove(),
    outcome: 'removed',
    value: undefined,
  },
  {
    what: 'a put after another key went to the last version there is',
    before: [set('old'), { type: 'set', key: 'other', value: '', version: Number.MAX_SAFE_INTEGER }],
    command: set('new'),
    outcome: 'applied',
    value: 'new',
  },
  { what: 'a delete of an absent key', before: [], command: remove(), outcome: 'removed', value: undefined },
];

const byCondition: readonly Row[] = [
  ...[remove(at(3)), set('gone', { version: 3, expiresAt: 1 })].flatMap((before): Row[] => [
    {
      what: `ifAbsent after ${before.type}`,
      before: [before],
      command: set('new', { ifAbsent: true }),
      outcome: 'applied',
      value: 'new',
    },
    {
      what: `ifPresent after ${before.type}`,
      before: [before],
      command: set('new', { ifPresent: true }),
      outcome: 'conflict',
      value: undefined,
    },
    {
      what: `ifVersion after ${before.type}`,
      before: [before],
      command: set('new', { ifVersion: 3 }),
      outcome: 'conflict',
      value: undefined,
    },
    {
      what: `delete ifPresent after ${before.type}`,
      before: [before],
      command: remove({ ifPresent: true }),
      outcome: 'conflict',
      value: undefined,
    },
  ]),
  ...[
    [{ ifAbsent: true }, 'conflict'],
    [{ ifPresent: true }, 'applied'],
    [{ ifVersion: 7 }, 'applied'],
    [{ ifVersion: 6 }, 'conflict'],
    [{ ifVersion: 8 }, 'conflict'],
    [{ ifVersion: 7, ifPresent: true }, 'applied'],
    [{ ifAbsent: false, ifPresent: false }, 'applied'],
    [{ version: 7, ifVersion: 7 }, 'ignoredStale'],
    [{ version: 9, ifVersion: 8 }, 'conflict'],
  ].map(([extras, outcome]): Row => {
    return {
      what: `set with ${JSON.stringify(extras)} at version 7`,
      before: [set('old', at(7))],
      command: set('new', extras as object),
      outcome: outcome as string,
      value: outcome === 'applied' ? 'new' : 'old',
    };
  }),
  ...[
    [{ ifPresent: true }, 'removed'],
    [{ ifVersion: 7 }, 'removed'],
    [{ ifVersion: 8 }, 'conflict'],
  ].map(([extras, outcome]): Row => {
    return {
      what: `delete with ${JSON.stringify(extras)} at version 7`,
      before: [set('old', at(7))],
      command: remove(extras as object),
      outcome: outcome as string,
      value: outcome === 'removed' ? undefined : 'old',
    };
  }),
];

/** Ways to come from an engine to the next. */
const ways = {
  live: (machine: SimulatedMachine, engine: SingleNodeEngine) => ({ machine, engine }),
  'closed and opened': (machine: SimulatedMachine, engine: SingleNodeEngine) => {
    engine.closeSync();
    return { machine, engine: machine.open() };
  },
  'after a power loss': (machine: SimulatedMachine) => {
    const rebooted = machine.afterPowerLoss();
    return { machine: rebooted, engine: rebooted.open() };
  },
};

describe.for(Object.keys(ways) as (keyof typeof ways)[])('%s', (way) => {
  test.for([...byVersion, ...withoutVersion, ...byCondition])('$what: $outcome', (row) => {
    const first = new SimulatedMachine();
    const writer = first.open();
    for (const command of row.before) writer.submitSync(command, { durability: 'disk' });
    const { machine, engine } = ways[way](first, writer);
    expect(engine.submitSync(row.command, { durability: 'disk' })).toBe(row.outcome);
    expect(text(engine.get('k'))).toBe(row.value);
    expect(text(ways['after a power loss'](machine).engine.get('k'))).toBe(row.value);
    expect(text(ways['closed and opened'](machine, engine).engine.get('k'))).toBe(row.value);
  });
});
