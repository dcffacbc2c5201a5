/**
 * Damages each file of a store, bit by bit, cut by cut, sector by sector, and has every damage judged.
 */
import { SeededRandom, type MemoryFileSystem } from '../../src/testing/index.ts';
import { DIRECTORY } from '../trial-store.ts';
import { copyOf, type DamageFixture } from './damage-fixtures.ts';
import { judgeDamage, type DamageOutcome } from './judge-damage.ts';

/** How often each kind of damage to each file, and to each kind of file, had which outcome. */
export type DamageTable = Record<string, Partial<Record<DamageOutcome, number>>>;

export interface DamageEffort {
  /** All eight bits of a byte, or one that a seed picks. Bits of headers, trailers and manifests are always all. */
  readonly everyBit: boolean;
  /** Of the bytes of a value, which are much alike, one in so many is damaged. */
  readonly valueStride: number;
}

const headerBytes = 192;

export class DamageTrial {
  readonly table: DamageTable = {};
  readonly #fixture: DamageFixture;
  readonly #random: SeededRandom;

  constructor(fixture: DamageFixture) {
    this.#fixture = fixture;
    this.#random = new SeededRandom(fixture.name);
  }

  get files(): string[] {
    return this.#fixture.memory.list(DIRECTORY);
  }

  flipBits(file: string, effort: DamageEffort): void {
    for (const offset of this.#offsets(file, effort)) {
      const all = effort.everyBit || offset < headerBytes;
      const bits = all ? [0, 1, 2, 3, 4, 5, 6, 7] : [this.#random.below(8)];
      for (const bit of bits) {
        this.#judge('flipped bit', file, `bit ${bit} of byte ${offset}`, (memory, path) => {
          memory.corrupt(path, offset, 1 << bit);
        });
      }
    }
  }

  cut(file: string, effort: DamageEffort): void {
    for (const length of this.#offsets(file, effort)) {
      this.#judge('cut', file, `to ${length} bytes`, (memory, path) => memory.truncateDurable(path, length));
    }
  }

  zeroSectors(file: string): void {
    const bytes = this.#bytes(file);
    for (let offset = 0; offset < bytes.length; offset += 512) {
      this.#judge('zeroed sector', file, `at ${offset}`, (memory, path) => {
        memory.replaceDurable(path, bytes.slice().fill(0, offset, offset + 512));
      });
    }
  }

  extend(file: string): void {
    for (const count of [1, 16, 64, 128, 1000]) {
      const longer = new Uint8Array([...this.#bytes(file), ...this.#random.bytes(count)]);
      this.#judge('appended garbage', file, `${count} bytes`, (memory, path) =>
        memory.replaceDurable(path, longer),
      );
    }
  }

  #judge(
    kind: string,
    file: string,
    what: string,
    damage: (memory: MemoryFileSystem, path: string) => void,
  ): void {
    const memory = copyOf(this.#fixture);
    damage(memory, `${DIRECTORY}/${file}`);
    let outcome: DamageOutcome;
    try {
      outcome = judgeDamage(this.#fixture, memory, this.#proven(kind));
    } catch (error) {
      const message = `'${this.#fixture.name}', ${file}, ${kind} ${what}: ${String(error)}`;
      throw new Error(message, { cause: error });
    }
    for (const name of [file.replace(/-.*/, ''), file.replace(/-0+/, '-')]) {
      const row = (this.table[`${kind} of ${name}`] ??= {});
      row[outcome] = (row[outcome] ?? 0) + 1;
    }
  }

  /** Damage that can take a trailer away takes the proof in it away; what is left is the manifest's. */
  #proven(kind: string): number {
    const { proven, provenByManifest } = this.#fixture;
    return kind === 'cut' || kind === 'zeroed sector' ? provenByManifest : proven;
  }

  #offsets(file: string, { valueStride }: DamageEffort): number[] {
    const all = Array.from({ length: this.#bytes(file).length }, (_, offset) => offset);
    if (!file.startsWith('value-')) return all;
    return all.filter(
      (offset) => offset < headerBytes || offset % valueStride === 0 || offset === all.length - 1,
    );
  }

  #bytes(file: string): Uint8Array {
    return this.#fixture.memory.bytesOf(`${DIRECTORY}/${file}`);
  }
}
