/**
 * Proves that the order of the keys knows every key however it came and went: before the first range query and after it,
 * from other threads, from pages that left memory, beside writes that were taken back and records that were moved; that
 * nobody who asks for no range pays for it; and that it says so when there is none or it is full.
 */
import { errorCode, utf8 } from '@htkv/base';
import { describe, expect, test } from 'vitest';

import type { KeyIndex } from '../../src/index/key-index.ts';
import type { LogStore, RecordWrite } from '../../src/index.ts';
import { FaultyFileSystem, MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';
import { SharedStoreTemplate } from '../session/shared-store.ts';
import { openTrialStore } from '../trial-store.ts';

const EVERYTHING = { lower: undefined, lowerInclusive: true, upper: undefined, upperInclusive: true };
const ROOMY = { maxSegmentSize: 2 ** 22, indexBytesMax: 2 ** 20, orderedBytesMax: 2 ** 20 };

function set(name: string, bytes = 10): RecordWrite {
  return { type: 'set', key: utf8(name), value: new Uint8Array(bytes).fill(1), version: 1, timestamp: 0 };
}

function text(keys: readonly Uint8Array[]): string[] {
  return keys.map((key) => new TextDecoder().decode(key));
}

function listed(store: LogStore): string[] {
  return text(store.collectKeys(EVERYTHING, false, 100_000));
}

/** Keys and values by way of batches of a few, so that each ends somewhere in the middle. */
function entries(store: LogStore, reverse: boolean): Map<string, number> {
  const found = new Map<string, number>();
  let range: typeof EVERYTHING | object = EVERYTHING;
  for (;;) {
    const batch = store.collectEntries(range as typeof EVERYTHING, reverse, 7, true);
    batch.keys.forEach((key, index) => found.set(text([key])[0]!, batch.values[index]?.length ?? -1));
    if (batch.lastKey === undefined) return found;
    range = reverse
      ? { ...EVERYTHING, upper: batch.lastKey, upperInclusive: false }
      : { ...EVERYTHING, lower: batch.lastKey, lowerInclusive: false };
  }
}

function open(options: object = {}): LogStore {
  return openTrialStore({ ...ROOMY, fileSystem: new MemoryFileSystem(), ...options });
}

test('a store that is never asked for a range takes no memory for it', () => {
  const store = open();
  for (let index = 0; index < 100; index += 1) store.apply([set(`key ${index}`)]);
  store.commit(true);
  expect(store.stats().orderedBytes).toBe(0);
  listed(store);
  expect(store.stats().orderedBytes).toBeGreaterThan(400);
});

test('commits bring the order nearer to the end of the log, in bursts', () => {
  const store = open();
  store.apply([set('first')]);
  listed(store);
  const { orderedBytes } = store.stats();
  for (let index = 0; index < 1200; index += 1) store.apply([set(`key ${index}`)]);
  expect(store.stats().orderedBytes).toBe(orderedBytes);
  store.commit(true);
  const afterBurst = store.stats().orderedBytes;
  expect(afterBurst).toBeGreaterThan(orderedBytes);
  expect(listed(store)).toHaveLength(1201);
  expect(store.stats().orderedBytes).toBeGreaterThanOrEqual(afterBurst);
});

test('without an order, ranges are an error and everything else is as ever', () => {
  const store = open({ orderedBytesMax: 0 });
  store.apply([set('a'), set('b')]);
  store.commit(true);
  const codeOf = (call: () => unknown): unknown => {
    try {
      return call();
    } catch (error) {
      return errorCode(error);
    }
  };
  expect(codeOf(() => listed(store))).toBe('STORAGE_NOT_ORDERED');
  expect(codeOf(() => store.collectEntries(EVERYTHING, false, 0, true))).toBe('STORAGE_NOT_ORDERED');
  expect(store.stats().orderedBytes).toBe(0);
  expect(text(store.allKeys()).toSorted()).toEqual(['a', 'b']);
  expect(store.read(utf8('a'))?.version).toBe(1);
});

test('a full order is an error of ranges, and writing goes on', () => {
  const store = open({ orderedBytesMax: 4096 });
  store.apply([set('a')]);
  expect(listed(store)).toEqual(['a']);
  for (let index = 0; index < 1000; index += 1) store.apply([set(`key ${index}`)]);
  store.commit(true);
  for (let round = 0; round < 2; round += 1) {
    expect(() => listed(store)).toThrow(expect.objectContaining({ code: 'STORAGE_ORDER_FULL' }));
    store.apply([set(`more ${round}`)]);
    store.commit(true);
  }
  expect(store.read(utf8('key 999'))).toBeDefined();
});

describe.for([0, 40, 300])('with %i pages that left memory behind the order', (pages) => {
  test('keys from memory and disk are in order, with their values', () => {
    const store = open({ maxSegmentSize: 2 ** 20 });
    store.apply([set('first'), set('large', 100_000)]);
    expect(listed(store)).toEqual(['first', 'large']);
    const names = ['first', 'large'];
    for (let index = 0; index < pages * 4; index += 1) {
      const name = `key ${(index * 7) % 1201}`;
      if (!names.includes(name)) names.push(name);
      store.apply([set(name, 30_000)]);
      if (index % 50 === 0) store.apply([set(`small ${index}`), set('first')]);
      if (index % 50 === 0) names.push(`small ${index}`);
    }
    names.sort();
    expect(listed(store)).toEqual(names);
    for (const reverse of [false, true]) {
      const found = entries(store, reverse);
      expect([...found.keys()]).toEqual(reverse ? names.toReversed() : names);
      expect(found.get('large')).toBe(-1);
      for (const name of names) {
        if (name.startsWith('key')) expect(found.get(name)).toBe(30_000);
      }
    }
  });
});

test('what was taken back leaves nothing, whatever is written in its place', () => {
  const random = new SeededRandom('taken back in order');
  const disk = new FaultyFileSystem(new MemoryFileSystem());
  const store = openTrialStore({ ...ROOMY, fileSystem: disk });
  const committed = new Set<string>();
  let open = new Set<string>();
  for (let round = 0; round < 300; round += 1) {
    const names = Array.from({ length: 1 + random.below(4) }, () => `key ${random.below(400)}`);
    for (const name of names) open.add(name);
    store.apply(names.map((name) => set(name, random.below(300))));
    if (random.chance(0.5)) expect(listed(store)).toEqual([...new Set([...committed, ...open])].sort());
    if (!random.chance(0.3)) continue;
    if (random.chance(0.5)) {
      store.commit(true);
      for (const name of open) committed.add(name);
    } else {
      disk.plan({ at: 1, kinds: ['write'], code: 'ENOSPC' });
      expect(() => store.commit(true)).toThrow('no space');
    }
    open = new Set();
    if (random.chance(0.5)) expect([...entries(store, false).keys()]).toEqual([...committed].sort());
  }
  expect([...entries(store, true).keys()]).toEqual([...new Set([...committed, ...open])].sort().reverse());
});

describe('an entry that was collected', () => {
  test('is current until its key is written, deleted or taken back, and whatever others do', () => {
    const disk = new FaultyFileSystem(new MemoryFileSystem());
    const store = openTrialStore({ ...ROOMY, fileSystem: disk });
    store.apply([set('a'), set('b'), set('c')]);
    store.commit(true);
    const collect = (): boolean[] => [0, 1, 2].map((index) => batch.isCurrent(index));
    let batch = store.collectEntries(EVERYTHING, false, 10, true);
    expect(collect()).toEqual([true, true, true]);
    store.apply([set('d')]);
    expect(collect()).toEqual([true, true, true]);
    store.apply([set('b')]);
    store.apply([{ type: 'delete', key: utf8('c'), version: 2, timestamp: 0 }]);
    expect(collect()).toEqual([true, false, false]);
    batch = store.collectEntries(EVERYTHING, false, 10, true);
    expect(text(batch.keys)).toEqual(['a', 'b', 'd']);
    disk.plan({ at: 1, kinds: ['write'], code: 'ENOSPC' });
    expect(() => store.commit(true)).toThrow('no space');
    // The same key may lie at the same address again.
    store.apply([set('b')]);
    expect(batch.isCurrent(1)).toBe(false);
  });
});

describe('hooks for records that move', () => {
  const template = new SharedStoreTemplate(ROOMY, (store) => {
    for (const name of ['a', 'ab', 'b']) store.apply([set(name)]);
  });

  function address(index: KeyIndex, name: string): number {
    return index.find(utf8(name));
  }

  test('do nothing while nobody has asked for a range', () => {
    const shared = template.copy();
    const { index } = shared.parts();
    index.repoint(utf8('a'), address(index, 'a'), 4711);
    index.removeKey(utf8('b'));
    expect(index.orderedBytes).toBe(0);
    expect(listed(shared.join().store)).toEqual(['a', 'ab', 'b']);
  });

  test('point a key at the record that is as good, and only from the record that goes', () => {
    const shared = template.copy();
    const { store } = shared.join();
    const { index, reader } = shared.parts();
    expect(listed(store)).toEqual(['a', 'ab', 'b']);
    const before = address(index, 'ab');
    store.apply([set('ab', 50)]);
    const after = address(index, 'ab');
    expect(after).not.toBe(before);
    index.repoint(utf8('ab'), after, before);
    index.repoint(utf8('ab'), before, after);
    // Nobody reads the old record any more.
    reader.open(before);
    const { image, keyStart } = reader;
    image[keyStart] = 0;
    expect(listed(store)).toEqual(['a', 'ab', 'b']);
  });

  test('first learn of keys that were added since', () => {
    const shared = template.copy();
    const { store } = shared.join();
    const { index, reader } = shared.parts();
    listed(store);
    store.apply([set('new')]);
    const before = address(index, 'new');
    store.apply([set('new')]);
    index.repoint(utf8('new'), before, address(index, 'new'));
    reader.open(before);
    const { image, keyStart } = reader;
    image[keyStart] = 0;
    expect(listed(store)).toEqual(['a', 'ab', 'b', 'new']);
  });

  test('hold nobody up where the order is full: the next query builds it again', () => {
    const shared = new SharedStoreTemplate({ ...ROOMY, orderedBytesMax: 4096 }, (store) => {
      store.apply([set('a')]);
    }).copy();
    const { store } = shared.join();
    const { index } = shared.parts();
    expect(listed(store)).toEqual(['a']);
    for (let count = 0; count < 1000; count += 1) store.apply([set(`key ${count}`)]);
    index.removeKey(utf8('key 1'));
    expect(index.orderedBytes).toBe(0);
    expect(() => listed(store)).toThrow(expect.objectContaining({ code: 'STORAGE_ORDER_FULL' }));
    index.repoint(utf8('key 2'), address(index, 'key 2'), address(index, 'a'));
    index.removeKey(utf8('key 1'));
  });

  test('take a key out', () => {
    const shared = template.copy();
    const { store } = shared.join();
    const { index } = shared.parts();
    listed(store);
    store.apply([set('new')]);
    for (const name of ['ab', 'new', 'never there']) index.removeKey(utf8(name));
    expect(listed(store)).toEqual(['a', 'b']);
  });
});

test('threads share one order, and each sees what the others add at once', () => {
  const shared = new SharedStoreTemplate(ROOMY, (store) => store.apply([set('key 0')])).copy();
  const threads = [shared.join().store, shared.join().store, shared.join().store];
  const names = ['key 0'];
  for (let index = 1; index < 60; index += 1) {
    const name = `key ${(index * 37) % 101}`;
    names.push(name);
    threads[index % 3]!.apply([set(name)]);
    expect(listed(threads[(index + 1) % 3]!)).toEqual(names.toSorted());
  }
  const bytes = threads.map((store) => store.stats().orderedBytes);
  expect(new Set(bytes).size).toBe(1);
});
