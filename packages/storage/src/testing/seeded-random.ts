/**
 * The only source of randomness in tests that must be repeatable: a small, fast generator (sfc32, 128 bits of state)
 * whose whole output follows from a seed that a failing test can print. Not for secrets.
 */

const wordRange = 2 ** 32;

/** A stream of pseudo-random numbers. The same seed gives the same stream on every machine and version of Node. */
export class SeededRandom {
  /** What the stream was made from; print it when a test fails. */
  readonly seed: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number | string) {
    this.seed = String(seed);
    this.#a = textHash(this.seed, 0x811c9dc5);
    this.#b = textHash(this.seed, 0x2545f491);
    this.#c = textHash(this.seed, 0x9e3779b9);
    // The generator needs a few rounds before similar seeds stop giving similar numbers.
    for (let round = 0; round < 15; round += 1) this.word();
  }

  /** An integer in [0, 2^32). */
  word(): number {
    const result = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0;
    return result >>> 0;
  }

  /** A number in [0, 1). */
  next(): number {
    return this.word() / wordRange;
  }

  /** An integer in [0, `bound`); `bound` is a positive safe integer. */
  below(bound: number): number {
    if (!Number.isSafeInteger(bound) || bound < 1) {
      throw new RangeError(`expected a positive safe integer as the bound, got ${bound}`);
    }
    if (bound <= wordRange) return Math.floor((this.word() * bound) / wordRange);
    const wide = (this.word() >>> 11) * wordRange + this.word();
    return Math.min(bound - 1, Math.floor((wide / 2 ** 53) * bound));
  }

  /** An integer in [`least`, `most`], both included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** `true` with the given probability: never for 0, always for 1. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One element of a non-empty array, each as likely as the other. */
  pick<Item>(items: readonly Item[]): Item {
    if (items.length === 0) throw new RangeError('expected a non-empty array to pick from, got []');
    return items[this.below(items.length)] as Item;
  }

  /** `count` random bytes, owned by the caller. */
  bytes(count: number): Uint8Array {
    const view = new DataView(new ArrayBuffer(Math.ceil(count / 4) * 4));
    for (let offset = 0; offset < count; offset += 4) view.setUint32(offset, this.word(), true);
    return new Uint8Array(view.buffer, 0, count);
  }

  /** Puts `items` into a random order, in place, and returns it. */
  shuffle<Item>(items: Item[]): Item[] {
    for (let index = items.length - 1; index > 0; index -= 1) {
      const other = this.below(index + 1);
      const item = items[index] as Item;
      items[index] = items[other] as Item;
      items[other] = item;
    }
    return items;
  }

  /**
   * An independent stream that depends on this one's seed and on `label` only, not on how much of this one was used:
   * one part of a test may draw more without changing what the others see. The same label gives the same stream.
   */
  fork(label: number | string): SeededRandom {
    return new SeededRandom(`${this.seed}/${label}`);
  }
}

/** FNV-1a over the text from a given start, then a finaliser, so that every bit depends on every character. */
function textHash(text: string, start: number): number {
  let hash = start;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97);
  return hash ^ (hash >>> 15);
}
