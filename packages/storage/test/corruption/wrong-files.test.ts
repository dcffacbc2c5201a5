/**
 * Proves that a store knows its own files: one that is missing, exchanged, copied, from another store, from an earlier
 * time or from somebody else is refused by name and left alone, and what an interrupted step left behind is not.
 */
import { CodedError, errorCode } from '@htkv/base';
import { describe, expect, test } from 'vitest';

import { decodeManifest, encodeManifest } from '../../src/format/manifest.ts';
import { MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';
import { DIRECTORY, openTrialStore } from '../trial-store.ts';
import { KEYS } from '../write-history.ts';
import { copyOf, damageFixtures, type DamageFixture } from './damage-fixtures.ts';
import { judgeDamage } from './judge-damage.ts';

const fixtures = damageFixtures();
const [closed] = fixtures as [DamageFixture];

function pathsOf(memory: MemoryFileSystem, kind = ''): string[] {
  return memory
    .list(DIRECTORY)
    .filter((name) => name.startsWith(kind))
    .map((name) => `${DIRECTORY}/${name}`);
}

function failureOf(memory: MemoryFileSystem, readOnly = false): CodedError {
  try {
    openTrialStore({ fileSystem: memory, readOnly });
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
  throw new Error('expected the store to be refused');
}

/** The files of another store that was given the same writes. */
function otherStore(): MemoryFileSystem {
  const memory = new MemoryFileSystem();
  const random = new SeededRandom('another store');
  const store = openTrialStore({ fileSystem: memory, randomBytes: (count) => random.bytes(count) });
  store.apply([{ type: 'set', key: KEYS[4]!, value: new Uint8Array(33_000), version: 1, timestamp: 0 }]);
  store.apply([{ type: 'set', key: KEYS[5]!, value: new Uint8Array(10), version: 1, timestamp: 0 }]);
  store.close();
  return memory;
}

describe.for(fixtures)('a store that was $name', (fixture) => {
  test('misses each of its files', () => {
    for (const path of pathsOf(fixture.memory)) {
      const memory = copyOf(fixture);
      memory.remove(path);
      memory.syncDirectory(DIRECTORY);
      // Without its newest manifest a store is either refused or as the one before says.
      expect(judgeDamage(fixture, memory, fixture.provenByManifest), path).not.toBe('shorter');
      if (!path.includes('manifest-')) expect(failureOf(memory).details['path']).toBe(path);
    }
  });

  test('notices two files that have changed places', () => {
    const paths = pathsOf(fixture.memory);
    for (const first of paths) {
      for (const second of paths) {
        if (first >= second) continue;
        const memory = copyOf(fixture);
        const [one, two] = [memory.bytesOf(first), memory.bytesOf(second)];
        memory.replaceDurable(first, two);
        memory.replaceDurable(second, one);
        expect(['refused', 'unreadable'], `${first} and ${second}`).toContain(
          judgeDamage(fixture, memory, 0),
        );
      }
    }
  });

  test('is not content with files of another store in the place of its own', () => {
    const other = otherStore();
    for (const path of pathsOf(fixture.memory)) {
      const kind = path.slice(DIRECTORY.length + 1).replace(/-.*/, '');
      const memory = copyOf(fixture);
      memory.replaceDurable(path, other.bytesOf(pathsOf(other, kind)[0]!));
      const outcome = judgeDamage(fixture, memory, fixture.provenByManifest);
      expect(kind === 'manifest' ? ['refused', 'harmless'] : ['refused', 'unreadable'], path).toContain(
        outcome,
      );
      if (kind === 'segment') expect(failureOf(memory).code, path).toBe('STORAGE_FOREIGN_FILE');
    }
  });

  test('neither reads nor removes files of another store beside its own', () => {
    const other = otherStore();
    for (const kind of ['segment', 'value', 'manifest']) {
      for (const id of ['0000000000000001', '0000000000000099']) {
        const memory = copyOf(fixture);
        const path = `${DIRECTORY}/${kind}-${id}`;
        if (memory.list(DIRECTORY).includes(`${kind}-${id}`)) continue;
        memory.replaceDurable(path, other.bytesOf(pathsOf(other, kind)[0]!));
        const outcome = judgeDamage(fixture, memory, fixture.proven);
        // A manifest under a name that is not its own counts for nothing.
        if (kind === 'manifest') expect(['refused', 'harmless'], path).toContain(outcome);
        else
          expect(failureOf(memory), path).toMatchObject({ code: 'STORAGE_FOREIGN_FILE', details: { path } });
      }
    }
  });

  test('does not take a copy of a segment for a segment that lost its manifest', () => {
    for (const path of pathsOf(fixture.memory, 'segment')) {
      const memory = copyOf(fixture);
      memory.replaceDurable(`${DIRECTORY}/segment-0000000000000099`, memory.bytesOf(path));
      expect(judgeDamage(fixture, memory, fixture.proven)).toBe('refused');
    }
  });

  test('refuses what nobody can have left in the place of a segment', () => {
    const memory = copyOf(fixture);
    const path = `${DIRECTORY}/segment-0000000000000099`;
    memory.replaceDurable(path, new SeededRandom('garbage').bytes(5000));
    expect(failureOf(memory)).toMatchObject({ code: 'STORAGE_CORRUPT', details: { path, offset: 0 } });
  });

  test('removes what an interrupted creation left', () => {
    const memory = copyOf(fixture);
    const random = new SeededRandom('torn');
    memory.replaceDurable(`${DIRECTORY}/segment-0000000000000099`, random.bytes(100));
    memory.replaceDurable(`${DIRECTORY}/value-0000000000000099`, random.bytes(5000));
    memory.replaceDurable(`${DIRECTORY}/manifest-0000000000000099`, random.bytes(100));
    const store = openTrialStore({ fileSystem: memory });
    fixture.history.check(store, { least: fixture.proven });
    expect(store.report.orphans).toBe(2);
    store.apply([{ type: 'delete', key: Uint8Array.of(7), version: 1, timestamp: 0 }]);
    store.close();
    expect(memory.list(DIRECTORY).filter((name) => name.includes('00099'))).toEqual([]);
    // Names that were taken are not given again.
    expect(memory.list(DIRECTORY).some((name) => name.includes('manifest-00000000000001'))).toBe(true);
  });
});

test('a manifest whose segments do not follow each other is noticed, for each says what came before it', () => {
  const memory = copyOf(closed);
  const path = pathsOf(memory, 'manifest').at(-1)!;
  const reading = decodeManifest(memory.bytesOf(path));
  if (reading.kind === 'damaged') throw new Error('expected a whole manifest');
  const [first, second, third, ...others] = reading.manifest.segments;
  const segments = [first!, third!, second!, ...others];
  memory.replaceDurable(path, encodeManifest({ ...reading.manifest, segments }));
  expect(failureOf(memory)).toMatchObject({
    code: 'STORAGE_CORRUPT',
    details: { path: `${DIRECTORY}/segment-0000000000000003`, offset: 0 },
  });
});

test('a segment as it was earlier is noticed', () => {
  const memory = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem: memory });
  const path = `${DIRECTORY}/segment-0000000000000001`;
  store.apply([{ type: 'delete', key: Uint8Array.of(1), version: 1, timestamp: 0 }]);
  store.commit(true);
  const earlier = memory.bytesOf(path);
  store.apply([{ type: 'delete', key: Uint8Array.of(2), version: 2, timestamp: 0 }]);
  store.close();
  memory.replaceDurable(path, earlier);
  expect(failureOf(memory)).toMatchObject({
    code: 'STORAGE_CORRUPT',
    details: { path, offset: earlier.length },
  });
});

test('a manifest as it was earlier is noticed', () => {
  const memory = copyOf(closed);
  const [path] = pathsOf(memory, 'manifest') as [string];
  const earlier = memory.bytesOf(path);
  const store = openTrialStore({ fileSystem: memory });
  store.apply([{ type: 'delete', key: Uint8Array.of(7), version: 1, timestamp: 0 }]);
  store.close();
  for (const newer of pathsOf(memory, 'manifest')) memory.remove(newer);
  memory.replaceDurable(path, earlier);
  expect(failureOf(memory).code).toBe('STORAGE_CORRUPT');
});

test.for(['notes.txt', 'segment-1', 'segment-00000000000000001', 'value-0000000000000001.tmp', 'sub'])(
  'a directory with %s in it is refused before anything is touched',
  (name) => {
    for (const memory of [copyOf(closed), new MemoryFileSystem()]) {
      memory.makeDirectory(DIRECTORY);
      const path = `${DIRECTORY}/${name}`;
      if (name === 'sub') memory.makeDirectory(path);
      else memory.replaceDurable(path, Uint8Array.of(1));
      const before = memory.list(DIRECTORY);
      expect(failureOf(memory)).toMatchObject({ code: 'STORAGE_FOREIGN_FILE', details: { path } });
      if (before.length > 1) expect(failureOf(memory, true).code).toBe('STORAGE_FOREIGN_FILE');
      expect(memory.list(DIRECTORY)).toEqual(before);
      expect(memory.counts.lock).toBe(0);
    }
  },
);

test('a store is refused for reading as it is for writing', () => {
  for (const path of pathsOf(closed.memory, 'segment')) {
    const memory = copyOf(closed);
    memory.corrupt(path, 200, 1);
    expect(errorCode(failureOf(memory, true))).toBe('STORAGE_CORRUPT');
    expect(memory.openFileCount).toBe(0);
  }
});
