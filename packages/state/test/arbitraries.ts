/**
 * Random commands for property tests. Keys, versions and times come from few values, so that commands meet each
 * other; lengths and numbers also go to their limits where only the codec looks at them.
 */

import { toHex } from '@htkv/base';
import * as fc from 'fast-check';

import type {
  BatchCommand,
  Command,
  DeleteCommand,
  KeyBounds,
  SetCommand,
  SingleCommand,
  StampedBatch,
  StampedCommand,
  StampedSingle,
} from '../src/command.ts';
import { naiveDigest } from './naive-state.ts';

/** One seed for every property, so that a failing run is the same run again. fast-check prints it with the path. */
export const SEED = 20_261_120;

const key = fc.constantFrom('', 'a', 'b', 'ab', 'zz').map((text) => new TextEncoder().encode(text));
const version = fc.integer({ min: 1, max: 12 });
const timestamp = fc.integer({ min: 0, max: 20 });
const value = fc.uint8Array({ maxLength: 3 });
const atomic = fc.constantFrom('perItem' as const, 'allOrNothing' as const);

/** No condition, or one that is well formed. */
const setConditions = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  fc.record({ ifVersion: version }),
  fc.record({ ifVersion: version, ifPresent: fc.boolean() }),
  fc.record({ ifAbsent: fc.boolean() }),
  fc.record({ ifPresent: fc.boolean() }),
);
const deleteConditions = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  fc.record({ ifVersion: version }),
  fc.record({ ifPresent: fc.boolean() }),
);
const deadline = fc.oneof(fc.constant({}), fc.record({ expiresAt: timestamp }));

const stampedSingle: fc.Arbitrary<StampedSingle> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.record({ key, value, version, timestamp }), deadline, setConditions)
      .map(([stamp, expiry, conditions]) =>
        Object.assign({ type: 'set' as const }, stamp, expiry, conditions),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.record({ key, version, timestamp }), deleteConditions)
      .map(([stamp, conditions]) => Object.assign({ type: 'delete' as const }, stamp, conditions)),
  },
);

/** At most one bound of each side. */
function bounds(keys: fc.Arbitrary<Uint8Array>): fc.Arbitrary<KeyBounds> {
  const lower = fc.oneof(fc.constant({}), fc.record({ gt: keys }), fc.record({ gte: keys }));
  const upper = fc.oneof(fc.constant({}), fc.record({ lt: keys }), fc.record({ lte: keys }));
  return fc.tuple(lower, upper).map(([low, high]) => Object.assign({}, low, high));
}

/** Digests of ranges that hold nothing, or one key: what random states of few keys often hold. */
const likelyDigest = fc.oneof(
  fc.constant(naiveDigest([], {})),
  fc
    .tuple(key, version)
    .map(([only, itsVersion]) => naiveDigest([{ key: toHex(only), version: itsVersion }], {})),
);

const conditionalBatch: fc.Arbitrary<StampedBatch> = fc
  .record({
    type: fc.constant('batch' as const),
    commands: fc.array(stampedSingle, { maxLength: 4 }),
    atomic,
    timestamp,
    conditions: fc.array(fc.oneof(fc.record({ key }), fc.record({ key, version })), { maxLength: 2 }),
    ranges: fc.array(
      fc.tuple(bounds(key), likelyDigest).map(([range, digest]) => Object.assign(range, { digest })),
      { maxLength: 1 },
    ),
  })
  .filter(({ conditions, ranges }) => conditions.length + ranges.length > 0);

const stampedBatch: fc.Arbitrary<StampedBatch> = fc.oneof(
  { weight: 2, arbitrary: conditionalBatch },
  fc.record({ type: fc.constant('batch' as const), commands: fc.array(stampedSingle, { maxLength: 6 }) }),
  fc.record({
    type: fc.constant('batch' as const),
    commands: fc.array(stampedSingle, { maxLength: 6 }),
    atomic,
  }),
);

/** Commands that are ready for the machine. */
export const stampedCommand: fc.Arbitrary<StampedCommand> = fc.oneof(
  { weight: 2, arbitrary: stampedSingle },
  { weight: 1, arbitrary: stampedBatch },
);

/** Sets and deletes without conditions, no two with the same version. */
export const unconditionalWrites: fc.Arbitrary<StampedSingle[]> = fc
  .array(fc.tuple(key, fc.option(value, { nil: undefined }), timestamp), { maxLength: 12 })
  .map((writes) =>
    writes.map(([target, content, time], index) => {
      const stamp = { key: target, version: index + 1, timestamp: time };
      return content === undefined ? { type: 'delete', ...stamp } : { type: 'set', ...stamp, value: content };
    }),
  );

const anyInteger = fc.maxSafeNat();
const anyVersion = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const anyBytes = fc.uint8Array({ maxLength: 40 });

const anySet: fc.Arbitrary<SetCommand> = fc
  .tuple(
    fc.record(
      { key: anyBytes, value: anyBytes, version: anyVersion, timestamp: anyInteger, expiresAt: anyInteger },
      { requiredKeys: ['key', 'value'] },
    ),
    fc.oneof(
      fc.record({ ifVersion: anyVersion, ifPresent: fc.constant(true) }, { requiredKeys: [] }),
      fc.record({ ifAbsent: fc.constant(true) }),
    ),
  )
  .map(([fields, conditions]) => Object.assign({ type: 'set' as const }, fields, conditions));

const anyDelete: fc.Arbitrary<DeleteCommand> = fc
  .record(
    {
      key: anyBytes,
      version: anyVersion,
      timestamp: anyInteger,
      ifVersion: anyVersion,
      ifPresent: fc.constant(true),
    },
    { requiredKeys: ['key'] },
  )
  .map((fields) => Object.assign({ type: 'delete' as const }, fields));

const anySingle: fc.Arbitrary<SingleCommand> = fc.oneof(anySet, anyDelete);

const anyKeyCondition = fc
  .record({ key: anyBytes, version: anyVersion }, { requiredKeys: ['key'] })
  .map((fields) => Object.assign({}, fields));
const anyDigest = fc.uint8Array({ minLength: 8, maxLength: 8 }).map(toHex);
const anyRangeCondition = fc
  .tuple(bounds(anyBytes), anyDigest)
  .map(([range, digest]) => Object.assign(range, { digest }));

/** Nothing, or what a batch asks for, with a timestamp or without. */
const anyConditions = fc.oneof(
  fc.constant({}),
  fc.record(
    { conditions: fc.array(anyKeyCondition, { minLength: 1, maxLength: 3 }), timestamp: anyInteger },
    { requiredKeys: ['conditions'] },
  ),
  fc.record(
    {
      ranges: fc.array(anyRangeCondition, { minLength: 1, maxLength: 3 }),
      conditions: fc.array(anyKeyCondition, { minLength: 1, maxLength: 2 }),
      timestamp: anyInteger,
    },
    { requiredKeys: ['ranges'] },
  ),
);

const anyBatch: fc.Arbitrary<BatchCommand> = fc
  .tuple(
    fc.array(anySingle, { maxLength: 6 }),
    fc.oneof(fc.constant({}), fc.constant({ atomic: 'allOrNothing' as const })),
    anyConditions,
  )
  .map(([commands, mode, conditions]) =>
    Object.assign({ type: 'batch' as const, commands }, mode, conditions),
  );

/** Well-formed commands of every shape, written the way the decoder writes them: nothing that means "left out". */
export const plainCommand: fc.Arbitrary<Command> = fc.oneof(anySet, anyDelete, anyBatch);
