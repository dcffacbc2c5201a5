/**
 * A store at one moment, as often as it is wanted: its memory and its files are copied, and any number of threads
 * join the copy, each an object of its own over the same memory.
 */
import { assembleParts, type AssembledParts } from '../../src/assemble-parts.ts';
import { LogStore } from '../../src/log-store.ts';
import type { FileSystem } from '../../src/fs/file-system.ts';
import type { CommitMemory, CommitRunner } from '../../src/io/commit-runner.ts';
import { scanManifests } from '../../src/manifest/manifest-files.ts';
import type { StoreMemory } from '../../src/memory/memory-plan.ts';
import { scanDirectory } from '../../src/recovery/directory-scan.ts';
import { MemoryFileSystem, SeededRandom } from '../../src/testing/index.ts';
import { ThreadSlots } from '../../src/session/thread-slots.ts';
import type { StoreIdentity } from '../../src/store-options.ts';
import { ControlMemory } from '../../src/control/shared-memory.ts';
import { SteppedCommitRunner } from '../io/stepped-commit-runner.ts';
import { DIRECTORY, openTrialStore, TRIAL_COMPACTION, type TrialOptions } from '../trial-store.ts';

/** A thread that has joined. */
export interface Joined {
  readonly store: LogStore;
  readonly slot: number;
  readonly runner: () => SteppedCommitRunner | undefined;
}

/** What a thread may want to be otherwise. */
export interface JoinOptions {
  readonly fileSystem?: FileSystem;
  readonly memory?: StoreMemory;
  readonly build?: <Result>(make: () => Result) => Result;
}

/** One store in the middle of its life, and the threads that have it open. */
export class SharedStore {
  readonly disk: MemoryFileSystem;
  readonly memory: StoreMemory;
  readonly #identity: StoreIdentity;
  readonly #slots: ThreadSlots;
  #joined = 0;

  constructor(disk: MemoryFileSystem, memory: StoreMemory, identity: StoreIdentity) {
    this.disk = disk;
    this.memory = memory;
    this.#identity = identity;
    const frames = memory.ring.byteLength / 2 ** identity.pageLog2;
    this.#slots = new ThreadSlots(new ControlMemory(memory.control, frames).threadSlots);
  }

  /** The memory, piece by piece. */
  get buffers(): readonly ArrayBufferLike[] {
    const { ring, pageTable, index, ordered, control } = this.memory;
    return [ring, pageTable.buffer, index.buffer, ordered.buffer, control];
  }

  join(options: JoinOptions = {}): Joined {
    const { fileSystem = this.disk, memory = this.memory, build = (make) => make() } = options;
    this.#joined += 1;
    const random = new SeededRandom(`thread ${this.#joined}`);
    const surroundings = { fileSystem, now: () => 0, randomBytes: (count: number) => random.bytes(count) };
    const slot = this.#slots.claim();
    let runner: SteppedCommitRunner | undefined;
    const startCommitRunner = (onDone: () => void): CommitRunner => {
      const shared: CommitMemory = {
        ...this.memory,
        pageLog2: this.#identity.pageLog2,
        directory: DIRECTORY,
        store: this.#identity.name,
      };
      return (runner = new SteppedCommitRunner(fileSystem, shared, onDone));
    };
    const store = build(
      () =>
        new LogStore({
          ...assembleParts(this.#identity, memory, surroundings, []),
          slot,
          leave: () => this.#slots.free(slot),
          lock: undefined,
          isReadOnly: false,
          report: {
            clean: true,
            segments: 0,
            bytes: 0,
            groups: 0,
            records: 0,
            tornBytes: 0,
            rewrittenGroups: 0,
            orphans: 0,
            milliseconds: 0,
            checkpointId: 0,
            checkpointKeys: 0,
            checkpointBytes: 0,
            checkpointRefusal: undefined,
          },
          startCommitRunner,
        }),
    );
    return { store, slot, runner: () => runner };
  }

  /** The parts of one more thread, without a store around them. */
  parts(): AssembledParts {
    const random = new SeededRandom('parts');
    const randomBytes = (count: number): Uint8Array => random.bytes(count);
    return assembleParts(
      this.#identity,
      this.memory,
      { fileSystem: this.disk, now: () => 0, randomBytes },
      [],
    );
  }

  /** The thread of a slot has died. */
  bury(slot: number): void {
    this.#slots.bury(slot, this.#slots.claimOf(slot));
  }
}

/** Copies of one store for as long as `use` runs; each call of what it is given makes the one before useless. */
export class SharedStoreTemplate {
  readonly #disk: MemoryFileSystem;
  readonly #buffers: readonly ArrayBuffer[];
  readonly #copies: readonly ArrayBuffer[];
  readonly #identity: StoreIdentity;

  /** `prepare` brings the store to its moment, and may hand back another one, opened from the same options. */
  constructor(
    options: Omit<TrialOptions, 'fileSystem' | 'allocate'>,
    prepare: (store: LogStore, reopen: () => LogStore) => void,
  ) {
    const disk = new MemoryFileSystem();
    let buffers: ArrayBuffer[] = [];
    const open = (): LogStore => {
      buffers = [];
      const allocate = (bytes: number): ArrayBuffer => {
        const buffer = new ArrayBuffer(bytes);
        buffers.push(buffer);
        return buffer;
      };
      return openTrialStore({ ...options, fileSystem: disk, allocate });
    };
    prepare(open(), open);
    const { manifest } = scanManifests(disk, DIRECTORY, scanDirectory(disk, DIRECTORY)!.manifests);
    this.#identity = {
      name: 'trial',
      directory: DIRECTORY,
      storeId: manifest!.identity.storeId,
      keyHashSeed: manifest!.keyHashSeed,
      pageLog2: manifest!.pageLog2,
      maxSegmentSize: options.maxSegmentSize ?? 4096,
      indexLoadFactor: options.indexLoadFactor ?? 0.7,
      compaction: options.compaction ?? TRIAL_COMPACTION,
      sparseIndexEvery: 8,
      bloomFalsePositiveRate: 0.01,
      indexMemoryBudget: options.indexMemoryBudget,
      ballastBytes: options.ballastBytes ?? 0,
    };
    this.#disk = disk.killed();
    this.#buffers = buffers;
    this.#copies = buffers.map((buffer) => new ArrayBuffer(buffer.byteLength));
  }

  /** The store at its moment. Uses the memory of the copy before. */
  copy(): SharedStore {
    for (const [index, buffer] of this.#buffers.entries()) {
      new Uint8Array(this.#copies[index]!).set(new Uint8Array(buffer));
    }
    const [ring, pageTable, index, ordered, control] = this.#copies;
    const memory = {
      ring: ring!,
      pageTable: new Int32Array(pageTable!),
      index: new Int32Array(index!),
      ordered: new Int32Array(ordered!),
      control: control!,
    };
    return new SharedStore(this.#disk.killed(), memory, this.#identity);
  }
}
