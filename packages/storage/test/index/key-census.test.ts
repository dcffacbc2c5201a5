/**
 * Proves that the census counts deletes and deadlines that have come, as records become the newest and cease to be,
 * whichever thread stages them, and that it counts again from nothing.
 */
import { expect, test } from 'vitest';

import { ControlBlock } from '../../src/control/control-block.ts';
import { Field, STORE_FIELDS } from '../../src/control/store-fields.ts';
import { countedRecord, KeyCensus, type CountedRecord } from '../../src/index/key-census.ts';

/** Newest records by address, counted by one of several censuses over one control block. */
class Counted {
  readonly control: ControlBlock = ControlBlock.alone(STORE_FIELDS);
  readonly #newest = new Map<number, CountedRecord>();
  gathered = 0;

  census(): KeyCensus {
    return new KeyCensus(this.control);
  }

  /** The record at `address` takes the place of the one at `previous`; each undefined for none. */
  change(census: KeyCensus, address: number, record: CountedRecord | undefined, previous = 0): void {
    census.stage(address, record, previous, this.#newest.get(previous));
    this.control.publish();
    this.#newest.delete(previous);
    if (record !== undefined) this.#newest.set(address, record);
  }

  live(census: KeyCensus, now: number): number {
    return census.live(now, () => {
      this.gathered += 1;
      return this.#deadlines();
    });
  }

  newest(): Iterable<CountedRecord> {
    return this.#newest.values();
  }

  *#deadlines(): Generator<[number, number], void, undefined> {
    for (const [address, { expiresAt }] of this.#newest)
      if (expiresAt !== undefined) yield [address, expiresAt];
  }
}

const live = countedRecord(false, undefined);
const deleted = countedRecord(true, undefined);

function until(expiresAt: number): CountedRecord {
  return countedRecord(false, expiresAt);
}

test('it counts what is not simply live', () => {
  const counted = new Counted();
  const census = counted.census();
  counted.change(census, 1, deleted);
  counted.change(census, 2, until(100));
  counted.change(census, 3, until(200));
  counted.change(census, 4, live);
  expect([census.keys, counted.control.get(Field.deletedKeys)]).toEqual([4, 1]);
  expect([99, 100, 199, 200].map((now) => counted.live(census, now))).toEqual([3, 2, 2, 1]);
  counted.change(census, 5, live, 1);
  counted.change(census, 6, live, 3);
  counted.change(census, 0, undefined, 4);
  expect([census.keys, counted.control.get(Field.deletedKeys)]).toEqual([3, 0]);
  expect([99, 1000].map((now) => counted.live(census, now))).toEqual([3, 2]);
  expect(counted.control.get(Field.keysWithDeadline)).toBe(1);
  expect([counted.control.get(Field.keysAdded), counted.gathered]).toEqual([4, 0]);
});

test('a delete has no deadline, whatever its record says', () => {
  const counted = new Counted();
  const census = counted.census();
  counted.change(census, 1, countedRecord(true, 100));
  expect(counted.control.get(Field.deletedKeys)).toBe(1);
  expect([counted.live(census, 1000), counted.control.get(Field.keysWithDeadline)]).toEqual([0, 0]);
});

test('what was staged and not published does not count', () => {
  const counted = new Counted();
  const census = counted.census();
  counted.change(census, 1, live);
  census.stage(2, deleted, 1, live);
  counted.control.drop();
  expect([census.keys, counted.live(census, 0)]).toEqual([1, 1]);
});

test('deadlines that another thread has changed are gathered, once', () => {
  const counted = new Counted();
  const [one, other] = [counted.census(), counted.census()];
  counted.change(one, 1, until(100));
  counted.change(other, 2, until(200));
  counted.change(other, 3, until(300), 1);
  for (const census of [one, other]) {
    counted.gathered = 0;
    expect([100, 200, 300].map((now) => counted.live(census, now))).toEqual([2, 1, 0]);
    expect(counted.gathered).toBe(1);
  }
  counted.change(other, 4, until(400), 2);
  expect([200, 300].map((now) => counted.live(other, now))).toEqual([2, 1]);
  expect(counted.gathered).toBe(1);
  // Who comes later knows of none at first.
  expect(counted.live(counted.census(), 300)).toBe(1);
});

test('where nobody knows any more, it counts again', () => {
  const counted = new Counted();
  const census = counted.census();
  counted.change(census, 1, deleted);
  counted.change(census, 2, until(100));
  counted.change(census, 3, live);
  counted.control.set(Field.keys, 17);
  counted.control.set(Field.deletedKeys, 9);
  counted.control.set(Field.keysWithDeadline, 0);
  census.recount(counted.newest());
  expect([census.keys, counted.control.get(Field.deletedKeys)]).toEqual([3, 1]);
  expect([99, 100].map((now) => counted.live(census, now))).toEqual([2, 1]);
});
