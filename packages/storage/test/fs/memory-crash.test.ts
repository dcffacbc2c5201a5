/**
 * Proves that a simulated crash can leave everything that a real one can, and nothing else.
 *
 * Nothing else: random workloads run beside a model that knows, for every byte, what a crash may put there; each
 * crash image is checked against it. Everything: single situations are crashed with many seeds until each outcome
 * that matters has been seen, and small ones are enumerated.
 */

import { describe, expect, test } from 'vitest';
import {
  MemoryFileSystem,
  SeededRandom,
  type CrashKeep,
  type CrashOptions,
} from '../../src/testing/index.ts';
import type { File } from '../../src/fs/file-system.ts';

const keeps = ['none', 'all', 'random', 'prefix'] as const;
const holes = ['zeros', 'noise', 'stale', 'mixed'] as const;

/** What a crash may leave of one file. */
class FileModel {
  synced: Uint8Array = new Uint8Array(0);
  /** Every content that an unsynced write gave to a place, by offset; a place without any holds what was synced. */
  written = new Map<number, Set<number>>();
  /** Lengths that the file had, or was given, since the last sync. */
  lengths: number[] = [0];
  isCut = false;
  isSyncedSinceCreated = false;

  sync(bytes: Uint8Array): void {
    this.synced = bytes;
    this.written.clear();
    this.lengths = [bytes.length];
    this.isCut = false;
  }

  objections(bytes: Uint8Array): string[] {
    const objections: string[] = [];
    const [shortest, longest] = [Math.min(...this.lengths), Math.max(...this.lengths)];
    if (bytes.length < shortest || bytes.length > longest) objections.push(`length ${bytes.length}`);
    for (let offset = 0; offset < Math.min(bytes.length, this.synced.length); offset += 1) {
      const byte = bytes[offset]!;
      // A cut that arrived, followed by growth that arrived, shows zeros or whatever a hole holds.
      if (this.isCut && offset >= shortest) break;
      if (byte !== this.synced[offset] && this.written.get(offset)?.has(byte) !== true) {
        objections.push(`byte ${byte} at ${offset}`);
        break;
      }
    }
    return objections;
  }
}

class Workload {
  readonly fileSystem = new MemoryFileSystem();
  readonly models = new Map<string, FileModel>();
  readonly #files = new Map<string, File>();
  readonly #random: SeededRandom;
  /** Names that the directory certainly has, and names that it may have. */
  certain = new Set<string>();
  possible = new Set<string>();

  constructor(random: SeededRandom) {
    this.#random = random;
    this.fileSystem.makeDirectory('/d');
  }

  step(): void {
    const random = this.#random;
    const name = random.pick([...this.#files.keys(), undefined]);
    if (name === undefined) {
      if (random.chance(0.3)) this.#syncDirectory();
      else if (this.#files.size < 4) this.#create(`file-${this.models.size}`);
      return;
    }
    const [file, model] = [this.#files.get(name)!, this.models.get(name)!];
    const action = random.below(20);
    if (action < 3) {
      file.sync();
      model.sync(this.fileSystem.bytesOf(`/d/${name}`));
    } else if (action === 3) {
      this.#remove(name);
    } else if (action < 6) {
      const length = random.below(file.size() + 2000);
      file.truncate(length);
      model.lengths.push(length);
      model.isCut = true;
    } else {
      const offset = random.chance(0.7) ? file.size() : random.below(file.size() + 100);
      const source = random.bytes(random.pick([1, 40, 600, 5000, 9000]));
      file.write(source, offset);
      for (const [index, byte] of source.entries()) {
        const contents = model.written.get(offset + index) ?? new Set();
        model.written.set(offset + index, contents.add(byte));
      }
      model.lengths.push(file.size());
    }
  }

  /** What is wrong with a crash image. */
  objections(image: MemoryFileSystem): string[] {
    const names = image.list('/d');
    const objections = [
      ...[...this.certain].filter((name) => !names.includes(name)).map((name) => `${name} is lost`),
      ...names.filter((name) => !this.possible.has(name)).map((name) => `${name} came from nowhere`),
    ];
    for (const name of names) {
      const wrong = this.models.get(name)!.objections(image.bytesOf(`/d/${name}`));
      objections.push(...wrong.map((each) => `${name}: ${each}`));
    }
    return objections;
  }

  #create(name: string): void {
    this.#files.set(name, this.fileSystem.create(`/d/${name}`));
    this.models.set(name, new FileModel());
    this.possible.add(name);
  }

  #remove(name: string): void {
    this.#files.get(name)?.close();
    this.#files.delete(name);
    this.fileSystem.remove(`/d/${name}`);
    this.certain.delete(name);
  }

  #syncDirectory(): void {
    this.fileSystem.syncDirectory('/d');
    this.certain = new Set(this.fileSystem.list('/d'));
    this.possible = new Set(this.certain);
  }
}

test('no crash takes what was synced or invents what was never written', () => {
  let images = 0;
  for (let seed = 0; seed < 30; seed += 1) {
    const random = new SeededRandom(`memory-crash/${seed}`);
    const workload = new Workload(random.fork('workload'));
    for (let step = 0; step < 60; step += 1) {
      workload.step();
      const options: CrashOptions = { random, keep: random.pick(keeps), holes: random.pick(holes) };
      const image = workload.fileSystem.crashed(options);
      expect(
        workload.objections(image),
        `seed ${random.seed}, step ${step}, keep ${String(options.keep)}`,
      ).toEqual([]);
      images += 1;
    }
  }
  expect(images).toBe(1800);
});

test('the same seed leaves the same disk, another one another', () => {
  const digest = (seed: string): string => {
    const workload = new Workload(new SeededRandom('workload'));
    for (let step = 0; step < 60; step += 1) workload.step();
    const image = workload.fileSystem.crash({ random: new SeededRandom(seed) });
    return JSON.stringify(image.list('/d').map((name) => [name, image.bytesOf(`/d/${name}`)]));
  };
  expect(digest('a')).toBe(digest('a'));
  expect(new Set(['a', 'b', 'c', 'd', 'e'].map(digest)).size).toBeGreaterThan(1);
});

/** Crashes the same situation with many seeds and says which of the named outcomes were seen. */
function outcomes<Name extends string>(
  situation: (fileSystem: MemoryFileSystem) => void,
  named: Record<Name, (image: MemoryFileSystem) => boolean>,
  options: Omit<CrashOptions, 'random'> = {},
): Name[] {
  const fileSystem = new MemoryFileSystem();
  fileSystem.makeDirectory('/d');
  situation(fileSystem);
  const seen = new Set<Name>();
  for (let seed = 0; seed < 1000; seed += 1) {
    const image = fileSystem.crashed({ random: new SeededRandom(seed), ...options });
    for (const name of Object.keys(named) as Name[]) if (named[name](image)) seen.add(name);
  }
  return [...seen].toSorted();
}

function fill(byte: number, count: number): Uint8Array {
  return new Uint8Array(count).fill(byte);
}

function synced(fileSystem: MemoryFileSystem, path: string, bytes: Uint8Array): File {
  const file = fileSystem.create(path);
  file.write(bytes, 0);
  file.sync();
  fileSystem.syncDirectory('/d');
  return file;
}

describe('names', () => {
  const has = (name: string) => (image: MemoryFileSystem) => image.list('/d').includes(name);

  test('a new name may be lost although the bytes were synced', () => {
    const situation = (fileSystem: MemoryFileSystem): void => {
      const file = fileSystem.create('/d/a');
      file.write(fill(1, 10), 0);
      file.sync();
    };
    const named = {
      lost: (image: MemoryFileSystem) => !has('a')(image),
      kept: (image: MemoryFileSystem) => has('a')(image) && image.bytesOf('/d/a').length === 10,
      emptied: (image: MemoryFileSystem) => has('a')(image) && image.bytesOf('/d/a').length < 10,
    };
    expect(outcomes(situation, named)).toEqual(['kept', 'lost']);
  });

  test('a removed name may come back, with what the file held', () => {
    const situation = (fileSystem: MemoryFileSystem): void => {
      synced(fileSystem, '/d/a', fill(1, 10)).close();
      fileSystem.remove('/d/a');
    };
    const named = {
      gone: (image: MemoryFileSystem) => !has('a')(image),
      back: (image: MemoryFileSystem) => has('a')(image) && image.bytesOf('/d/a').length === 10,
    };
    expect(outcomes(situation, named)).toEqual(['back', 'gone']);
  });

  test('two new names survive one without the other, in any order', () => {
    const situation = (fileSystem: MemoryFileSystem): void => {
      fileSystem.create('/d/a').close();
      fileSystem.create('/d/b').close();
    };
    const named = {
      none: (image: MemoryFileSystem) => image.list('/d').join('') === '',
      a: (image: MemoryFileSystem) => image.list('/d').join('') === 'a',
      b: (image: MemoryFileSystem) => image.list('/d').join('') === 'b',
      both: (image: MemoryFileSystem) => image.list('/d').join('') === 'ab',
    };
    expect(outcomes(situation, named)).toEqual(['a', 'b', 'both', 'none']);
    expect(outcomes(situation, named, { keep: 'prefix' })).toEqual(['a', 'both', 'none']);
  });

  test('a name that was given to a second file may lead to either, or to none', () => {
    const situation = (fileSystem: MemoryFileSystem): void => {
      synced(fileSystem, '/d/a', fill(1, 10)).close();
      fileSystem.remove('/d/a');
      const file = fileSystem.create('/d/a');
      file.write(fill(2, 10), 0);
      file.sync();
    };
    const first = (image: MemoryFileSystem): number | undefined =>
      has('a')(image) ? image.bytesOf('/d/a')[0] : undefined;
    const named = {
      none: (image: MemoryFileSystem) => first(image) === undefined,
      old: (image: MemoryFileSystem) => first(image) === 1,
      new: (image: MemoryFileSystem) => first(image) === 2,
    };
    expect(outcomes(situation, named)).toEqual(['new', 'none', 'old']);
  });
});

describe('bytes', () => {
  const append = (fileSystem: MemoryFileSystem): void => {
    const file = synced(fileSystem, '/d/a', fill(1, 1000));
    synced(fileSystem, '/d/old', fill(9, 20_000)).close();
    file.write(fill(2, 12_000), 1000);
  };
  const held = (image: MemoryFileSystem): Uint8Array => image.bytesOf('/d/a');
  const tail = (image: MemoryFileSystem): Uint8Array => held(image).subarray(1000);

  test('an append may grow the file not at all, in part, or in full', () => {
    const named = {
      unchanged: (image: MemoryFileSystem) => held(image).length === 1000,
      partly: (image: MemoryFileSystem) => held(image).length > 1000 && held(image).length < 13_000,
      complete: (image: MemoryFileSystem) =>
        tail(image).length === 12_000 && tail(image).every((byte) => byte === 2),
      longButEmpty: (image: MemoryFileSystem) =>
        tail(image).length === 12_000 && tail(image).every((byte) => byte !== 2),
      lateButNotEarly: (image: MemoryFileSystem) => tail(image)[0] !== 2 && tail(image).at(-1) === 2,
    };
    expect(outcomes(append, named)).toEqual([
      'complete',
      'lateButNotEarly',
      'longButEmpty',
      'partly',
      'unchanged',
    ]);
  });

  test('a place that was not reached holds zeros, noise or a stale page of another file', () => {
    const named = {
      zeros: (image: MemoryFileSystem) => tail(image).some((byte) => byte === 0),
      stale: (image: MemoryFileSystem) => tail(image).some((byte) => byte === 9),
      noise: (image: MemoryFileSystem) => new Set(tail(image)).size > 100,
    };
    expect(outcomes(append, named, { holes: 'zeros' })).toEqual(['zeros']);
    expect(outcomes(append, named, { holes: 'stale' })).toEqual(['stale', 'zeros']);
    expect(outcomes(append, named, { holes: 'noise' })).toContain('noise');
    expect(outcomes(append, named)).toEqual(['noise', 'stale', 'zeros']);
  });

  test('pages of removed files come to light too', () => {
    const situation = (fileSystem: MemoryFileSystem): void => {
      const file = synced(fileSystem, '/d/a', fill(1, 1000));
      synced(fileSystem, '/d/old', fill(9, 20_000)).close();
      fileSystem.remove('/d/old');
      fileSystem.syncDirectory('/d');
      file.write(fill(2, 12_000), 1000);
    };
    const named = { stale: (image: MemoryFileSystem) => tail(image).some((byte) => byte === 9) };
    expect(outcomes(situation, named)).toEqual(['stale']);
  });

  test('an overwrite leaves each sector old, new, or torn, and nothing else without damage', () => {
    const situation = (fileSystem: MemoryFileSystem): void => {
      synced(fileSystem, '/d/a', fill(1, 12_000)).write(fill(2, 12_000), 0);
    };
    const sector = (image: MemoryFileSystem): Uint8Array => held(image).subarray(4096, 4608);
    const named = {
      old: (image: MemoryFileSystem) => sector(image).every((byte) => byte === 1),
      new: (image: MemoryFileSystem) => sector(image).every((byte) => byte === 2),
      headOnly: (image: MemoryFileSystem) => sector(image)[0] === 2 && sector(image)[511] === 1,
      tailOnly: (image: MemoryFileSystem) => sector(image)[0] === 1 && sector(image)[511] === 2,
      pageWithoutItsNeighbours: (image: MemoryFileSystem) =>
        held(image)[4095] === 1 &&
        held(image)[4096] === 2 &&
        held(image)[8191] === 2 &&
        held(image)[8192] === 1,
      sectorWithoutItsNeighbours: (image: MemoryFileSystem) =>
        held(image)[4607] === 1 &&
        held(image)[4608] === 2 &&
        held(image)[5119] === 2 &&
        held(image)[5120] === 1,
      damaged: (image: MemoryFileSystem) => held(image).some((byte) => byte > 2),
    };
    const expected = Object.keys(named).toSorted();
    expect(outcomes(situation, named)).toEqual(expected.filter((name) => name !== 'damaged'));
    expect(outcomes(situation, named, { damageChance: 0.2 })).toEqual(expected);
  });

  test('bytes that were there before a lost truncation are not harmed by a lost write', () => {
    const situation = (fileSystem: MemoryFileSystem): void => {
      const file = synced(fileSystem, '/d/a', fill(1, 1000));
      file.truncate(500);
      file.write(fill(2, 300), 500);
    };
    const named = {
      untouched: (image: MemoryFileSystem) =>
        held(image).length === 1000 && held(image).every((byte) => byte === 1),
      noise: (image: MemoryFileSystem) => held(image).length === 1000 && held(image).some((byte) => byte > 2),
      cut: (image: MemoryFileSystem) => held(image).length === 500,
      done: (image: MemoryFileSystem) => held(image).length === 800 && held(image)[799] === 2,
    };
    expect(outcomes(situation, named, { holes: 'noise' })).toEqual(['cut', 'done', 'untouched']);
  });

  test('cut at a moment, the disk is what it was then, up to a torn last write', () => {
    const fileSystem = new MemoryFileSystem();
    fileSystem.makeDirectory('/d');
    const [a, b] = [fileSystem.create('/d/a'), fileSystem.create('/d/b')];
    for (let round = 1; round <= 10; round += 1) {
      a.write(fill(round, 100), (round - 1) * 100);
      b.write(fill(round, 100), (round - 1) * 100);
    }
    const lengths = new Set<number>();
    for (let seed = 0; seed < 300; seed += 1) {
      const image = fileSystem.crashed({ random: new SeededRandom(seed), keep: 'prefix', holes: 'zeros' });
      const [first, second] = ['a', 'b'].map((name) =>
        image.list('/d').includes(name) ? image.bytesOf(`/d/${name}`) : new Uint8Array(0),
      );
      const reached = (bytes: Uint8Array): number => bytes.findLastIndex((byte) => byte !== 0) + 1;
      const [ahead, behind] = [reached(first!), reached(second!)];
      // The files were written in turns, so one can be ahead of the other by one write, and by no more.
      expect(ahead - behind >= 0 && ahead - behind <= 100, `seed ${seed}: ${ahead}, ${behind}`).toBe(true);
      lengths.add(Math.floor(ahead / 100));
    }
    expect(lengths.size).toBe(11);
  });
});

test('every combination of what is pending can be asked for', () => {
  const fileSystem = new MemoryFileSystem();
  fileSystem.makeDirectory('/d');
  const file = synced(fileSystem, '/d/a', fill(1, 2));
  file.write(fill(2, 2), 1);
  fileSystem.create('/d/b').close();
  file.truncate(1);
  const pending = fileSystem.pendingOperations();
  expect(pending.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
    'write /d/a',
    'growth /d/a',
    'create /d/b',
    'truncate /d/a',
  ]);
  const states = new Set<string>();
  for (let mask = 0; mask < 2 ** pending.length; mask += 1) {
    const kept = pending.filter((_, index) => (mask >> index) % 2 === 1);
    const keep: CrashKeep = ({ order, kind }) =>
      kept.some((each) => each.order === order && each.kind === kind);
    const image = fileSystem.crashed({ random: new SeededRandom('all'), keep, holes: 'zeros' });
    states.add(`${image.list('/d').join('')} ${image.bytesOf('/d/a').join('')}`);
  }
  expect([...states].toSorted()).toEqual([
    'a 1',
    'a 11',
    'a 110',
    'a 12',
    'a 122',
    'ab 1',
    'ab 11',
    'ab 110',
    'ab 12',
    'ab 122',
  ]);
});

test('what survives is what was written, even if the buffer was used again since', () => {
  const fileSystem = new MemoryFileSystem();
  fileSystem.makeDirectory('/d');
  const file = synced(fileSystem, '/d/a', fill(1, 2));
  const source = fill(2, 2);
  file.write(source, 0);
  source.fill(3);
  const image = fileSystem.crashed({ random: new SeededRandom('buffer'), keep: () => true });
  expect(image.bytesOf('/d/a')).toEqual(fill(2, 2));
});

test('crashes follow one another: a recovery can itself be crashed', () => {
  const random = new SeededRandom('again');
  let fileSystem = new MemoryFileSystem();
  fileSystem.makeDirectory('/d');
  synced(fileSystem, '/d/log', new Uint8Array(0)).close();
  let certain = 0;
  for (let round = 0; round < 200; round += 1) {
    fileSystem = fileSystem.crash({ random });
    const file = fileSystem.open('/d/log', 'write');
    const survived = fileSystem.bytesOf('/d/log');
    expect(survived.length).toBeGreaterThanOrEqual(certain);
    expect(survived.subarray(0, certain).every((byte) => byte === 5)).toBe(true);
    file.truncate(certain);
    file.write(fill(5, random.below(700)), certain);
    if (random.chance(0.5)) {
      file.sync();
      certain = file.size();
    }
  }
  expect(certain).toBeGreaterThan(1000);
});
