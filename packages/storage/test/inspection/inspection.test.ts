/**
 * Proves that the tools which look at a store from outside tell the truth about it: a sound store has no damage however
 * it ended; any single byte that is changed is either without meaning or found, in the right file; and whatever is
 * damaged, what is saved was once written, and all of it that lies elsewhere is saved.
 */
import { expect, test } from 'vitest';

import {
  checkStore,
  readSegment,
  recordsOf,
  salvageRecords,
  spaceMap,
  surveyStore,
} from '../../src/index.ts';
import type { CheckFinding, SalvagedWrite } from '../../src/index.ts';
import { MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';
import { DIRECTORY, openTrialStore } from '../trial-store.ts';

const KEYS = 80;
const SAMPLES = 80;

const key = (index: number): Uint8Array => new TextEncoder().encode(`key:${index}`);
const value = (index: number): Uint8Array => new Uint8Array(100).fill(index);

/** Several sealed segments and a value in a file of its own; closed in good order, or as a dead process leaves it. */
function smallStore(isClosed: boolean): MemoryFileSystem {
  const fileSystem = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem });
  for (let index = 0; index < KEYS; index += 1) {
    const large = index === 7 ? new Uint8Array(40_000).fill(index) : value(index);
    store.apply([{ type: 'set', key: key(index), value: large, version: index + 1, timestamp: 5 }]);
    if (index % 3 === 0) store.commit(true);
  }
  store.apply([{ type: 'delete', key: key(3), version: 100, timestamp: 6 }]);
  store.commit(true);
  if (isClosed) store.close();
  return isClosed ? fileSystem : fileSystem.killed();
}

function findings(fileSystem: MemoryFileSystem): CheckFinding[] {
  return [...checkStore(fileSystem, DIRECTORY)].flatMap((step) => step.findings);
}

function salvaged(fileSystem: MemoryFileSystem): { writes: SalvagedWrite[]; losses: number } {
  const writes: SalvagedWrite[] = [];
  let losses = 0;
  for (const step of salvageRecords(fileSystem, DIRECTORY)) {
    writes.push(...step.writes);
    losses += step.losses.length;
  }
  return { writes, losses };
}

function isTrue({ key: found, value: bytes, version }: SalvagedWrite): boolean {
  const index = version === 100 ? 3 : version - 1;
  if (Buffer.compare(found, key(index)) !== 0) return false;
  if (version === 100) return bytes === undefined;
  return (
    bytes !== undefined &&
    bytes.length === (index === 7 ? 40_000 : 100) &&
    bytes.every((byte) => byte === index)
  );
}

/** Changes one bit. */
function damage(fileSystem: MemoryFileSystem, path: string, offset: number): void {
  const file = fileSystem.open(path, 'write');
  const bytes = new Uint8Array(1);
  file.read(bytes, offset);
  bytes[0]! ^= 0x10;
  file.write(bytes, offset);
  file.close();
}

test.for([true, false])('a sound store (closed: %s) has no damage, and all of it can be read', (isClosed) => {
  const fileSystem = smallStore(isClosed);
  expect(findings(fileSystem)).toEqual([]);
  const { writes, losses } = salvaged(fileSystem);
  expect(losses).toBe(0);
  expect(writes.map(({ version }) => version)).toEqual([
    ...Array.from({ length: KEYS }, (_, i) => i + 1),
    100,
  ]);
  expect(writes.every(isTrue)).toBe(true);
});

test.for([true, false])(
  'a changed byte of any segment or value (closed: %s) is found or means nothing',
  (isClosed) => {
    const random = new SeededRandom('inspection');
    const sound = smallStore(isClosed);
    const files = surveyStore(sound, DIRECTORY).files.filter(
      ({ kind }) => kind === 'segment' || kind === 'value',
    );
    expect(files.length).toBeGreaterThan(3);
    let found = 0;
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      const { path, bytes } = files[random.below(files.length)]!;
      const offset = random.below(bytes);
      const fileSystem = smallStore(isClosed);
      damage(fileSystem, path, offset);
      const damages = findings(fileSystem).filter(({ severity }) => severity === 'damage');
      const { writes, losses } = salvaged(fileSystem);
      const where = `byte ${offset} of ${path}`;
      expect(writes.every(isTrue), where).toBe(true);
      expect(new Set(damages.map((finding) => finding.path)).size, where).toBeLessThanOrEqual(1);
      // Without damage nothing may be missing, but for what only a crash could prove.
      if (damages.length === 0) {
        const isLastSegment = path === files.findLast(({ kind }) => kind === 'segment')?.path;
        if (isClosed || !isLastSegment)
          expect({ writes: writes.length, losses }, where).toEqual({ writes: KEYS + 1, losses: 0 });
      } else {
        found += 1;
        expect(damages[0]!.path, where).toBe(path);
      }
    }
    expect(found).toBeGreaterThan(SAMPLES / 2);
  },
);

test('damage in one record costs that record and nothing else', () => {
  const fileSystem = smallStore(true);
  const { files } = surveyStore(fileSystem, DIRECTORY);
  const segments = files.filter(({ kind }) => kind === 'segment');
  const victim = [...recordsOf(readSegment(fileSystem, DIRECTORY, segments[1]!.id!))][0]!;
  damage(fileSystem, segments[1]!.path, victim.offset + victim.bytes - 20);
  expect(findings(fileSystem)).toMatchObject([{ severity: 'damage', path: segments[1]!.path }]);
  const { writes, losses } = salvaged(fileSystem);
  expect(losses).toBe(1);
  expect(writes.length).toBe(KEYS);
  expect(writes.some(({ version }) => version === victim.head.version)).toBe(false);
});

test('a map of the space adds up, and a deleted key is a tombstone', () => {
  const fileSystem = smallStore(true);
  const segments = spaceMap(fileSystem, DIRECTORY, 0);
  for (const { fileBytes, liveBytes, deadBytes, tombstoneBytes, otherBytes } of segments) {
    expect(liveBytes + deadBytes + tombstoneBytes + otherBytes).toBe(fileBytes);
    expect(Math.min(liveBytes, deadBytes, tombstoneBytes, otherBytes)).toBeGreaterThanOrEqual(0);
  }
  expect(segments.filter(({ tombstoneBytes }) => tombstoneBytes > 0).length).toBe(1);
  expect(segments.filter(({ deadBytes }) => deadBytes > 0).length).toBe(1);
});

test('the file of a value is missed by the newest record of its key only', () => {
  const fileSystem = new MemoryFileSystem();
  const store = openTrialStore({ fileSystem });
  const large = new Uint8Array(40_000);
  store.apply([{ type: 'set', key: key(1), value: large, version: 1, timestamp: 1 }]);
  store.apply([{ type: 'set', key: key(2), value: large, version: 1, timestamp: 1 }]);
  store.apply([{ type: 'set', key: key(1), value: value(1), version: 2, timestamp: 1 }]);
  store.close();
  const paths = surveyStore(fileSystem, DIRECTORY)
    .files.filter(({ kind }) => kind === 'value')
    .map(({ path }) => path);
  expect(paths).toHaveLength(2);
  for (const path of paths) fileSystem.remove(path);
  expect(findings(fileSystem)).toMatchObject([{ severity: 'damage', path: paths[1], actual: 'no file' }]);
  const { writes, losses } = salvaged(fileSystem);
  expect([writes.length, writes[0]!.version, losses]).toEqual([1, 2, 1]);
});
