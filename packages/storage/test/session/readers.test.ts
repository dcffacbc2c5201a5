/**
 * Proves that a reader, who takes no lock, finds all of a write or nothing of it, and never less than before, whatever
 * instruction the writing thread is at: it reads every key before each of them. And that of two threads that write in
 * turns each sees what the other has written.
 */
import { utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import { ControlMemory } from '../../src/control/shared-memory.ts';
import { Publication } from '../../src/session/publication.ts';
import { repairScripts, remove, set } from './repair-scripts.ts';
import { RepairTrial } from './repair-trial.ts';
import { SharedStoreTemplate, type SharedStore } from './shared-store.ts';

test.for(repairScripts)('a reader reads while a thread $name', (script) => {
  expect(new RepairTrial(script).readEverywhere()).toBeLessThan(2);
});

const template = new SharedStoreTemplate({}, (store) => {
  store.apply([set('a', 1), set('b', 2), set('soon', 3, 20, 100)]);
});

/** The publication as one more thread has it. */
function publicationOf({ memory }: SharedStore): Publication {
  return new Publication(new ControlMemory(memory.control, 8));
}

test('records that are pending are passed over to the version before, whichever way a key is read', () => {
  const shared = template.copy();
  const [writer, reader] = [shared.join().store, shared.join().store];
  const publication = publicationOf(shared);
  writer.apply([set('a', 4), set('new', 5)]);
  writer.apply([set('a', 6), remove('b', 7), set('soon', 8)]);
  const versions = (): unknown[] =>
    ['a', 'b', 'soon', 'new'].map((name) => {
      const [head, entry] = [reader.head(utf8(name)), reader.read(utf8(name))];
      const value = reader.value(utf8(name), () => false);
      expect([head?.version, head?.deleted]).toEqual([entry?.version, entry?.deleted]);
      expect(value).toEqual(entry === undefined || entry.deleted ? undefined : entry.value);
      return entry?.deleted === true ? 'deleted' : entry?.version;
    });
  for (const [first, expected] of [
    [9, [6, 'deleted', 8, 5]],
    [6, [4, 2, 3, 5]],
    [4, [1, 2, 3, undefined]],
    [1, [undefined, undefined, undefined, undefined]],
  ] as const) {
    publication.begin(first);
    expect(versions(), `from ${first} on`).toEqual(expected);
    publication.end();
    expect(versions()).toEqual([6, 'deleted', 8, 5]);
  }
});

test('threads that write in turns build on each other', () => {
  const shared = template.copy();
  const threads = [shared.join().store, shared.join().store, shared.join().store];
  for (let version = 10; version < 100; version += 1) {
    const store = threads[version % 3]!;
    expect(store.head(utf8('counter'))?.version).toBe(version === 10 ? undefined : version - 1);
    store.apply([
      set('counter', version),
      set(`key ${version}`, version, 20, version % 2 === 0 ? 300 : undefined),
    ]);
    if (version % 7 === 0) store.commit(version % 2 === 0);
    expect(threads.map((thread) => thread.liveKeys(500))).toEqual(
      threads.map(() => 3 + Math.floor((version - 9) / 2)),
    );
  }
  expect(new Set(threads.map((thread) => thread.stats().indexedKeys))).toEqual(new Set([94]));
});
