/**
 * Proves that a transition of a control block takes effect whole or not at all, wherever it is cut off, and that
 * another object over the same memory, as another thread has one, goes on from what was published.
 */
import { expect, test } from 'vitest';

import { ControlBlock } from '../../src/control/control-block.ts';
import { SeededRandom } from '../../src/testing/index.ts';

const FIELDS = 5;

class Memory {
  readonly #values = new Float64Array(2 * FIELDS);
  readonly #flips = new Int32Array(3);

  /** The block as one more thread has it. */
  block(): ControlBlock {
    return new ControlBlock(this.#values, this.#flips, 1);
  }

  /** Undoes what `step` does to the values; the count stays as it leaves it. */
  keepValues(step: () => void): void {
    const before = this.#values.slice();
    step();
    this.#values.set(before);
  }

  get untouched(): number[] {
    return [this.#flips[0]!, this.#flips[2]!];
  }
}

function valuesOf(block: ControlBlock): number[] {
  return Array.from({ length: FIELDS }, (_, field) => block.get(field));
}

function peeked(block: ControlBlock): number[] {
  return Array.from({ length: FIELDS }, (_, field) => block.peek(field));
}

test('what is staged is seen when it is published, by everybody, and at once', () => {
  const memory = new Memory();
  const [one, other] = [memory.block(), memory.block()];
  one.stage(0, 7);
  one.stage(3, 2 ** 53 - 1);
  for (const block of [one, other]) expect(valuesOf(block)).toEqual([0, 0, 0, 0, 0]);
  const { version } = other;
  one.publish();
  for (const block of [one, other]) {
    expect(valuesOf(block)).toEqual([7, 0, 0, 2 ** 53 - 1, 0]);
    expect(peeked(block)).toEqual([7, 0, 0, 2 ** 53 - 1, 0]);
  }
  expect([other.version - version, memory.untouched]).toEqual([1, [0, 0]]);
});

test('a transition in which nothing is staged is none', () => {
  const block = ControlBlock.alone(FIELDS);
  const { version } = block;
  block.publish();
  expect(block.version).toBe(version);
});

test('a field that is staged twice has the second value', () => {
  const block = ControlBlock.alone(FIELDS);
  block.stage(2, 1);
  block.stage(2, 9);
  block.publish();
  block.set(0, 1);
  block.set(1, 1);
  expect(valuesOf(block)).toEqual([1, 1, 9, 0, 0]);
});

test('what is dropped never takes effect, not with a later transition either', () => {
  const memory = new Memory();
  const block = memory.block();
  block.set(0, 5);
  block.stage(0, 6);
  block.stage(1, 6);
  block.drop();
  expect(valuesOf(block)).toEqual([5, 0, 0, 0, 0]);
  for (let round = 1; round <= 3; round += 1) {
    block.set(2, round);
    expect(valuesOf(block)).toEqual([5, 0, round, 0, 0]);
  }
});

test('what a thread that is gone had staged never takes effect', () => {
  const memory = new Memory();
  const gone = memory.block();
  gone.set(0, 5);
  gone.stage(0, 6);
  gone.stage(4, 6);
  const next = memory.block();
  for (let round = 1; round <= 3; round += 1) {
    next.set(2, round);
    expect(valuesOf(next)).toEqual([5, 0, round, 0, 0]);
  }
});

test('a thread that is cut off after the flip has published', () => {
  const memory = new Memory();
  const gone = memory.block();
  gone.set(0, 5);
  gone.stage(0, 6);
  gone.stage(4, 7);
  // The copy that held before is not brought up to date any more.
  memory.keepValues(() => gone.publish());
  const next = memory.block();
  expect(valuesOf(next)).toEqual([6, 0, 0, 0, 7]);
  for (let round = 1; round <= 3; round += 1) {
    next.set(2, round);
    expect(valuesOf(next)).toEqual([6, 0, round, 0, 7]);
  }
});

test('threads that take turns, some cut off in the middle, are always at one of the published states', () => {
  const random = new SeededRandom('control block');
  const memory = new Memory();
  let blocks = [memory.block(), memory.block(), memory.block()];
  let published = [0, 0, 0, 0, 0];
  for (let step = 0; step < 2000; step += 1) {
    const turn = random.below(blocks.length);
    const block = blocks[turn]!;
    // Others may have staged something meanwhile.
    block.drop();
    expect(valuesOf(block), `step ${step}`).toEqual(published);
    const next = [...published];
    for (let count = random.below(4); count > 0; count -= 1) {
      const field = random.below(FIELDS);
      next[field] = step;
      block.stage(field, step);
    }
    if (random.chance(0.6)) {
      block.publish();
      published = next;
    } else if (random.chance(0.5)) {
      block.drop();
    } else {
      blocks = blocks.with(turn, memory.block());
    }
  }
});

test('a field can be read while the block is written to', () => {
  const memory = new Memory();
  const [writer, reader] = [memory.block(), memory.block()];
  writer.set(0, 1);
  const { load } = Atomics;
  let isBetween = false;
  // Two transitions go by between the reader's look at the count and its look at the copy.
  Object.defineProperty(Atomics, 'load', {
    configurable: true,
    writable: true,
    value: (array: Int32Array, index: number) => {
      const count = load(array, index);
      if (!isBetween) {
        isBetween = true;
        writer.set(0, 2);
        writer.stage(0, 3);
      }
      return count;
    },
  });
  try {
    expect(reader.peek(0)).toBe(2);
  } finally {
    Object.defineProperty(Atomics, 'load', { configurable: true, writable: true, value: load });
  }
});
