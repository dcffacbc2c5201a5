/**
 * Small stores to be damaged: one of each way to end, together with files of every kind and segments in every state.
 */
import type { LogStore } from '../../src/index.ts';
import { FaultyFileSystem, MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';
import { openTrialStore } from '../trial-store.ts';
import { KEYS, valueOf, WriteHistory } from '../write-history.ts';

export interface DamageFixture {
  readonly name: string;
  /** To be copied, not to be changed. */
  readonly memory: MemoryFileSystem;
  readonly history: WriteHistory;
  /** Place in the commit order that something in the files proves to be durable. */
  readonly proven: number;
  /** Place that the manifest proves: it is proven even if a segment loses its end, with the proofs in it. */
  readonly provenByManifest: number;
}

class Author {
  readonly history: WriteHistory;
  memory: MemoryFileSystem = new MemoryFileSystem();
  store: LogStore;
  provenByManifest = 0;
  #version = 0;

  constructor(name: string) {
    this.history = new WriteHistory(name);
    this.store = openTrialStore({ fileSystem: this.memory });
  }

  set(index: number, length: number): void {
    this.#version += 1;
    const version = this.#version;
    const expiresAt = version % 3 === 0 ? version * 100 : undefined;
    const key = KEYS[index]!;
    this.#apply({
      type: 'set',
      key,
      value: valueOf(version, length),
      version,
      timestamp: version,
      expiresAt,
    });
  }

  delete(index: number): void {
    this.#version += 1;
    this.#apply({ type: 'delete', key: KEYS[index]!, version: this.#version, timestamp: 7 });
  }

  commit(): void {
    this.store.commit(true);
  }

  /** The process dies with everything it wrote in the cache, and the next one recovers. */
  killAndRecover(): void {
    this.memory = this.memory.killed();
    this.store = openTrialStore({ fileSystem: this.memory });
    this.provenByManifest = this.store.progress.lastSequence;
  }

  fixture(proven: number): DamageFixture {
    const { memory, history, provenByManifest } = this;
    history.acknowledged = history.sequence;
    return { name: history.seed, memory, history, proven, provenByManifest };
  }

  #apply(write: Parameters<LogStore['apply']>[0][number]): void {
    this.history.note([write], this.store.apply([write]));
  }
}

/** A sealed segment, a cut one, and an active one, with a value file. */
function write(name: string): Author {
  const author = new Author(name);
  author.set(4, 900);
  author.set(5, 10);
  author.commit();
  author.set(6, 33_000);
  author.delete(5);
  author.commit();
  author.set(7, 2000);
  author.commit();
  author.set(4, 1000);
  author.commit();
  author.set(8, 300);
  author.store.commit(false);
  author.killAndRecover();
  author.set(9, 200);
  author.commit();
  author.set(0, 100);
  author.commit();
  return author;
}

export function damageFixtures(): DamageFixture[] {
  const closed = write('closed in good order');
  closed.store.close();
  closed.provenByManifest = closed.history.sequence;

  const stopped = write('stopped without a word');
  const beforeLast = stopped.store.progress.durableSequence - 1;

  const reopened = write('closed, opened and written to again, its old manifest still there');
  reopened.store.close();
  const fileSystem = new FaultyFileSystem(reopened.memory);
  fileSystem.plan({ at: 1, kinds: ['remove'], code: 'EACCES', isSticky: true });
  reopened.store = openTrialStore({ fileSystem });
  reopened.provenByManifest = reopened.store.progress.lastSequence;
  reopened.set(10, 50);
  reopened.commit();

  return [
    closed.fixture(closed.provenByManifest),
    stopped.fixture(beforeLast),
    reopened.fixture(reopened.provenByManifest),
  ];
}

/** A copy of the machine of a fixture, everything in it durable. */
export function copyOf({ memory }: DamageFixture): MemoryFileSystem {
  return memory.crashed({ random: new SeededRandom('copy'), keep: 'all' });
}
