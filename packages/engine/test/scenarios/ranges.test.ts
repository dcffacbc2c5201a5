/**
 * Proves that ranges are what their options say: every combination of bounds, prefix, direction and limit against a
 * sorted list of keys that are few and close together, and the corners by hand. Options and keys are random by seed.
 */

import type { RangeOptions, SingleNodeEngine } from '@htkv/engine';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';

import { SimulatedMachine } from '../simulated-machine.ts';
import { textEntries, texts } from '../text.ts';

const SEED = 20_261_120;

const key = fc
  .uint8Array({ maxLength: 3, max: 255 })
  .map((bytes) => bytes.map((byte) => [0, 1, 127, 254, 255][byte % 5]!));
const options = fc.record(
  {
    gt: key,
    gte: key,
    lt: key,
    lte: key,
    prefix: fc.oneof(key, fc.constant(new Uint8Array())),
    reverse: fc.boolean(),
    limit: fc.oneof(fc.nat(5), fc.constant(Number.POSITIVE_INFINITY)),
  },
  { requiredKeys: [] },
);

/** The keys of a range, found by looking at every key. */
function expectedKeys(keys: readonly Uint8Array[], range: RangeOptions): Uint8Array[] {
  const { gt, gte, lt, lte, prefix } = range as Record<string, Uint8Array | undefined>;
  const found = keys.filter(
    (each) =>
      (gt === undefined || Buffer.compare(each, gt) > 0) &&
      (gte === undefined || Buffer.compare(each, gte) >= 0) &&
      (lt === undefined || Buffer.compare(each, lt) < 0) &&
      (lte === undefined || Buffer.compare(each, lte) <= 0) &&
      (prefix === undefined || Buffer.compare(each.subarray(0, prefix.length), prefix) === 0),
  );
  if (range.reverse === true) found.reverse();
  return found.slice(0, range.limit ?? found.length);
}

test('every combination of options gives the keys that satisfy all of them, in order', () => {
  fc.assert(
    fc.property(
      fc.array(key, { maxLength: 30 }),
      fc.array(key, { maxLength: 10 }),
      fc.array(options, { minLength: 1, maxLength: 8 }),
      (written, deleted, ranges) => {
        const engine = new SimulatedMachine().open();
        for (const each of written) engine.putSync(each, each);
        // Half of the ranges meet an order that was built before the deletes.
        engine.keys().toArray();
        for (const each of deleted) engine.deleteSync(each);
        const gone = new Set(deleted.map(String));
        const present = [...new Map(written.map((each) => [String(each), each])).values()]
          .filter((each) => !gone.has(String(each)))
          .sort((left, right) => Buffer.compare(left, right));
        expect(engine.size).toBe(present.length);
        for (const range of ranges) {
          const expected = expectedKeys(present, range);
          expect(engine.keys(range).toArray()).toEqual(expected);
          expect(engine.values(range).toArray()).toEqual(expected);
          expect(engine.entries(range).toArray()).toEqual(expected.map((each) => [each, each]));
          if (range.prefix === undefined) continue;
          const all = expectedKeys(present, { prefix: range.prefix });
          expect(engine.getPrefix(range.prefix)).toEqual(all.map((each) => [each, each]));
        }
      },
    ),
    { seed: SEED, numRuns: 300 },
  );
});

describe('by hand', () => {
  let engine: SingleNodeEngine;

  beforeAll(() => {
    engine = new SimulatedMachine().open();
    for (const each of ['', 'a', 'aa', 'ab', 'b', 'ba']) engine.putSync(each, `value of ${each}`);
  });

  const rows: readonly [string, RangeOptions | undefined, string[]][] = [
    ['nothing given', undefined, ['', 'a', 'aa', 'ab', 'b', 'ba']],
    [
      'options that are undefined',
      { gt: undefined, prefix: undefined, limit: undefined },
      ['', 'a', 'aa', 'ab', 'b', 'ba'],
    ],
    ['reverse', { reverse: true }, ['ba', 'b', 'ab', 'aa', 'a', '']],
    ['a limit', { limit: 2 }, ['', 'a']],
    ['a limit from the end', { limit: 2, reverse: true }, ['ba', 'b']],
    ['a limit of 0', { limit: 0 }, []],
    ['a bound that is no key', { gt: 'a!', lt: 'az' }, ['aa', 'ab']],
    ['exclusive bounds', { gt: 'a', lt: 'b' }, ['aa', 'ab']],
    ['inclusive bounds', { gte: 'a', lte: 'b' }, ['a', 'aa', 'ab', 'b']],
    ['both bounds of a side', { gt: 'a', gte: 'a', lt: 'b', lte: 'ba' }, ['aa', 'ab']],
    ['bounds that meet', { gte: 'aa', lte: 'aa' }, ['aa']],
    ['bounds that meet and exclude', { gt: 'aa', lte: 'aa' }, []],
    ['reversed bounds', { gt: 'b', lt: 'a' }, []],
    ['a prefix and a bound inside it', { prefix: 'a', gt: 'aa' }, ['ab']],
    ['a prefix and a bound outside it', { prefix: 'a', gte: 'b' }, []],
    ['a bound at the end of the prefix', { prefix: 'a', lte: 'b' }, ['a', 'aa', 'ab']],
    ['an empty lower bound', { gt: '' }, ['a', 'aa', 'ab', 'b', 'ba']],
    ['an empty upper bound', { lte: '' }, ['']],
    ['nothing below the first', { lt: '' }, []],
  ];

  test.for(rows)('%s', ([, range, expected]) => {
    expect(texts(engine.keys(range))).toEqual(expected);
    expect(textEntries(engine.entries(range))).toEqual(expected.map((each) => [each, `value of ${each}`]));
  });

  test('a range is iterated anew each time, by for and by for await', async () => {
    const range = engine.keys({ prefix: 'a' });
    expect(texts(range)).toEqual(['a', 'aa', 'ab']);
    expect(texts(range.toArray())).toEqual(['a', 'aa', 'ab']);
    const seen: Uint8Array[] = [];
    for await (const each of range) seen.push(each);
    expect(texts(seen)).toEqual(['a', 'aa', 'ab']);
  });
});
