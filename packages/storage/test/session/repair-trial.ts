/**
 * One trial of repair: a thread dies in the middle of a script, perhaps another one in the middle of the repair, and
 * the survivors are asked for everything that has to be true then.
 */
import { CodedError, errorCode, utf8 } from '@htkv/base';
import { expect } from 'vitest';

import { crc32 } from '../../src/checksum/crc32.ts';
import type { LogStore, StoreSnapshot } from '../../src/index.ts';
import { FaultyFileSystem, SeededRandom } from '../../src/testing/index.ts';
import { withTrialStore } from '../trial-store.ts';
import { DyingThread } from './dying-thread.ts';
import { remove, set, type RepairScript } from './repair-scripts.ts';
import { SharedStoreTemplate, type Joined, type SharedStore } from './shared-store.ts';

/** A moment between the deadlines of the scripts. */
const NOW = 500;
const EVERYTHING = { lower: undefined, lowerInclusive: true, upper: undefined, upperInclusive: true };
const KEYS = [
  'a',
  'b',
  'c',
  'soon',
  'late',
  'gone',
  'new',
  'newer',
  'newest',
  'twice',
  'large',
  'filling',
  'key 7',
  'page 12',
  'witness',
];

const REVOKED = 'revoked';

/** What a reader finds under each of the keys, in one text. */
function readAll(store: Pick<LogStore, 'read'> & Partial<Pick<LogStore, 'many'>>): string {
  const many = (): (Uint8Array | undefined)[] =>
    store.many?.values(
      KEYS.map((key) => utf8(key)),
      () => false,
    ) ?? [];
  const before = many();
  const entries = KEYS.map((key) => store.read(utf8(key)));
  const after = many();
  const lines = KEYS.map((key, index) => {
    const entry = entries[index];
    if (store.many !== undefined) {
      const value = entry === undefined || entry.deleted ? undefined : entry.value;
      // Who reads a key that has left the index takes a turn, and a turn may begin with repair.
      expect([before[index], after[index]], 'the values among many').toContainEqual(value);
    }
    if (entry === undefined) return `${key}: nothing`;
    const { deleted, version, sequence, expiresAt, value } = entry;
    return `${key}: ${deleted ? 'deleted' : 'set'} ${version} ${sequence} ${expiresAt} ${value.length} ${crc32(value)}`;
  });
  return lines.join('\n');
}

/** What {@link readAll} has found, where a deletion is as good as nothing. */
function withoutDeletions(found: string): string {
  return found.replaceAll(/: deleted .*/g, ': nothing');
}

/** As above, in a snapshot: or that writes which it shows were taken back. */
function readSnapshot(snapshot: StoreSnapshot): string {
  try {
    return readAll({ read: (key) => snapshot.entry(key) });
  } catch (error) {
    if (errorCode(error) !== 'STORAGE_SNAPSHOT_REVOKED') throw error;
    return REVOKED;
  }
}

/** Checks that what is counted and listed is what is there. */
function checkCounts(store: LogStore): void {
  const keys = keysOf(store);
  let indexed = 0;
  let live = 0;
  for (const key of keys) {
    const head = store.head(key);
    if (head === undefined) continue;
    indexed += 1;
    if (!head.deleted && (head.expiresAt === undefined || head.expiresAt > NOW)) live += 1;
  }
  expect([store.stats().indexedKeys, store.liveKeys(NOW)], 'counts').toEqual([indexed, live]);
  const present = KEYS.filter((key) => store.head(utf8(key)) !== undefined).map((key) => String(utf8(key)));
  const listed = new Set(keys.map(String));
  expect(
    present.filter((key) => !listed.has(key)),
    'keys in no order',
  ).toEqual([]);
}

function keysOf(store: LogStore): readonly Uint8Array[] {
  try {
    return store.collectKeys(EVERYTHING, false, 10_000);
  } catch (error) {
    if (errorCode(error) !== 'STORAGE_NOT_ORDERED') throw error;
    return store.allKeys();
  }
}

/** What readers find before and after what the script does. */
interface Outcomes {
  readonly before: string;
  readonly after: string;
}

/** A thread of `shared` of which every instruction counts. */
function joinDying(shared: SharedStore, script?: RepairScript): { thread: Joined; dying: DyingThread } {
  const dying = new DyingThread(shared.buffers);
  const disk = new FaultyFileSystem(shared.disk, { onCall: dying.onFileCall });
  if (script?.fault !== undefined) disk.plan(script.fault);
  const { memory } = shared;
  const thread = shared.join({
    fileSystem: disk,
    memory: {
      ...memory,
      pageTable: dying.watch(memory.pageTable),
      index: dying.watch(memory.index),
      ordered: dying.watch(memory.ordered),
    },
    build: (make) => dying.build(make),
  });
  return { thread, dying };
}

/**
 * Lets a thread do what the script says, to its end or to its death at instruction `deathAt`; whether it died. The
 * witness has written before it. `between` runs before each of its instructions.
 */
function run(
  shared: SharedStore,
  script: RepairScript,
  witness: LogStore,
  deathAt: number,
  between?: () => void,
): boolean {
  const { thread, dying } = joinDying(shared, script);
  if (script.isFirst !== true) witness.apply([set('witness', 100)]);
  dying.run(Infinity, () => {
    // The segments are looked up now, and not while it may die.
    thread.store.stats();
    script.begin?.(thread);
  });
  if (deathAt === 0) return false;
  const isDead = dying.run(deathAt, () => acceptRefusal(() => script.act(thread)), between);
  if (isDead) shared.bury(thread.slot);
  return isDead;
}

/** Lets a thread enter, which repairs, and die at instruction `deathAt` if it gets there. */
function repairAndDie(shared: SharedStore, deathAt: number): void {
  const { thread, dying } = joinDying(shared);
  if (dying.run(deathAt, () => thread.store.exclusively(() => undefined))) shared.bury(thread.slot);
}

function acceptRefusal(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
  }
}

/** Runs the script once to its begin and once to its end. */
function outcomesOf(template: SharedStoreTemplate, script: RepairScript): Outcomes {
  const [before, after] = [0, Infinity].map((deathAt) => {
    const shared = template.copy();
    const witness = shared.join().store;
    run(shared, script, witness, deathAt);
    return readAll(witness);
  });
  return { before: before!, after: after! };
}

/** Everything that has to be true after a thread has died. */
function checkSurvivors(
  shared: SharedStore,
  script: RepairScript,
  witness: LogStore,
  { before, after }: Outcomes,
  repairDeath: number | undefined,
): void {
  let early = readAll(witness);
  expect([before, after], 'what a reader finds before the repair').toContain(early);

  if (repairDeath !== undefined) {
    repairAndDie(shared, repairDeath);
    const seen = readAll(witness);
    expect(early === after ? [after] : [before, after], 'what a reader finds in the repair').toContain(seen);
    early = seen;
  }

  const writer = shared.join().store;
  writer.exclusively(() => undefined);
  const repaired = readAll(writer);
  expect(early === after ? [after] : [before, after], 'what the repair makes of it').toContain(repaired);
  expect(readAll(witness), 'what a reader finds after the repair').toBe(repaired);
  for (const store of [writer, witness]) checkCounts(store);

  expect(writer.poison, 'the failure that ended writing').toBeUndefined();
  witness.apply([set('other', 2000)]);
  writer.apply([set('a', 2001, 50, 600), remove('new', 2002), set('other', 2003)]);
  witness.apply([set('b', 2004)]);
  expect(witness.head(utf8('new'))?.deleted).toBe(true);
  for (const store of [writer, witness]) checkCounts(store);
  const live = readAll(writer);
  fillPages(writer, script.pagesAfter ?? 0);
  expect(readAll(witness), 'what a reader finds many pages later').toBe(live);
  writer.commit(true);
  expect([writer.progress.isDirty, writer.progress.durableSequence]).toEqual([
    false,
    writer.progress.lastSequence,
  ]);
  const last = writer.stats().segments.at(-1)!;
  if (last.state === 'active') {
    expect(shared.disk.bytesOf(last.path).length, 'bytes of the file behind the log').toBe(last.bytes);
  }

  const disk = shared.disk.crashed({ random, keep: 'none' });
  withTrialStore({ fileSystem: disk, maxSegmentSize: 2 ** 22 }, (reopened) => {
    const lasting = (found: string): string =>
      script.isForgetful === true ? withoutDeletions(found) : found;
    expect(lasting(readAll(reopened)), 'what a reopened directory holds').toBe(lasting(live));
    checkCounts(reopened);
  });
}

/** Writes records of a quarter of a page each, and reads each of them at once. */
function fillPages(store: LogStore, pages: number): void {
  for (let version = 3000; version < 3000 + 4 * pages; version += 1) {
    const key = `page ${version}`;
    store.apply([set(key, version, 30_000)]);
    expect(store.read(utf8(key))?.version).toBe(version);
  }
}

const random = new SeededRandom('repair');

/** A script with the moment at which it begins, for trials of it. */
export class RepairTrial {
  readonly #script: RepairScript;
  readonly #template: SharedStoreTemplate;
  readonly #outcomes: Outcomes;

  constructor(script: RepairScript) {
    this.#script = script;
    this.#template = new SharedStoreTemplate(script.options ?? {}, script.prepare);
    this.#outcomes = outcomesOf(this.#template, script);
  }

  /**
   * One thread dies at instruction `deathAt` of the script, and if `repairDeath` is given the next one at that
   * instruction of its repair. False if the script comes to its end before. Throws what is wrong then.
   */
  die(deathAt: number, repairDeath?: number): boolean {
    const shared = this.#template.copy();
    const witness = shared.join().store;
    if (!run(shared, this.#script, witness, deathAt)) return false;
    try {
      checkSurvivors(shared, this.#script, witness, this.#outcomes, repairDeath);
    } catch (error) {
      const also = repairDeath === undefined ? '' : `, and at ${repairDeath} of its repair`;
      throw new Error(`a thread died at instruction ${deathAt}${also}`, { cause: error });
    }
    return true;
  }

  /** A thread dies at every `stride`th instruction, from `first` on. How often it did. */
  dieEverywhere(first: number, stride: number): number {
    let deaths = 0;
    for (let deathAt = first; this.die(deathAt); deathAt += stride) deaths += 1;
    return deaths;
  }

  /**
   * The script runs to its end, and before each of its instructions the witness reads. How often it found something
   * else than before, which is at most once. Throws what is wrong.
   */
  readEverywhere(): number {
    const shared = this.#template.copy();
    const witness = shared.join().store;
    const seen: string[] = [];
    run(shared, this.#script, witness, Infinity, () => {
      const found = readAll(witness);
      if (found !== seen.at(-1)) seen.push(found);
    });
    seen.push(readAll(witness));
    checkSequence(seen, this.#outcomes);
    return new Set(seen).size - 1;
  }

  /**
   * The script runs to its end with a snapshot open, which is read before each of its instructions. Whether the script
   * took back what the snapshot shows. Throws what is wrong.
   */
  snapshotEverywhere(): boolean {
    // A deletion may be forgotten although a snapshot shows it: nobody can tell who reads values.
    const lasting = (found: string): string =>
      this.#script.isForgetful === true ? withoutDeletions(found) : found;
    const shared = this.#template.copy();
    const witness = shared.join().store;
    let snapshot: StoreSnapshot | undefined;
    let before = '';
    const seen: string[] = [];
    run(shared, this.#script, witness, Infinity, () => {
      if (snapshot === undefined) {
        // It takes a turn, which may be the one that hears of a commit.
        snapshot = witness.snapshot(NOW);
        before = lasting(readAll(witness));
      }
      const found = lasting(readSnapshot(snapshot));
      if (found !== seen.at(-1)) seen.push(found);
    });
    expectOneOf(seen, [[before], [before, REVOKED]]);
    return seen.length > 1;
  }
}

/** Checks that a reader found what was before, then what is after, and nothing else. */
function checkSequence(seen: readonly string[], { before, after }: Outcomes): void {
  const distinct = seen.filter((found, index) => found !== seen[index - 1]);
  const expected = before === after ? [before] : [before, after];
  expect(distinct, 'what a reader finds, one after the other').toEqual(expected);
}

/** Checks that a snapshot showed the same all the time, but for its end. */
function expectOneOf(seen: readonly string[], possible: readonly (readonly string[])[]): void {
  expect(possible, 'what a snapshot shows').toContainEqual(seen);
}
