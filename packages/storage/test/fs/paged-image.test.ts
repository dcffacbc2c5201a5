/**
 * Proves that copies of a file's image never see each other's writes, by playing random writes and cuts on a family
 * of clones beside plain arrays of bytes.
 */

import { equalBytes } from '@htkv/base';
import { expect, test } from 'vitest';
import { pageBytes, PagedImage } from '../../src/testing/paged-image.ts';
import { SeededRandom } from '../../src/testing/index.ts';

function bytesOf(image: PagedImage): Uint8Array {
  const bytes = new Uint8Array(image.length);
  image.read(bytes, 0);
  return bytes;
}

function resized(bytes: Uint8Array, length: number): Uint8Array {
  const result = new Uint8Array(length);
  result.set(bytes.subarray(0, length));
  return result;
}

test('clones are independent of their original and of each other', () => {
  const random = new SeededRandom('paged-image');
  const family: { image: PagedImage; model: Uint8Array }[] = [
    { image: new PagedImage(), model: new Uint8Array(0) },
  ];
  for (let step = 0; step < 2000; step += 1) {
    const member = random.pick(family);
    const offset = random.pick([0, 1, pageBytes - 1, pageBytes, random.below(3 * pageBytes)]);
    if (random.chance(0.2)) {
      const place = family.length < 8 ? family.length : random.below(8);
      family[place] = { image: member.image.clone(), model: member.model.slice() };
    } else if (random.chance(0.3)) {
      member.image.truncate(offset);
      member.model = resized(member.model, offset);
    } else {
      const source = random.bytes(random.pick([0, 1, 100, pageBytes, 2 * pageBytes + 1]));
      const from = random.below(source.length + 1);
      member.image.write(source, offset, from);
      const end = offset + source.length - from;
      if (from < source.length) {
        member.model = resized(member.model, Math.max(member.model.length, end));
        member.model.set(source.subarray(from), offset);
      }
    }
    if (step % 20 === 0) {
      const wrong = family.filter(({ image, model }) => !equalBytes(bytesOf(image), model));
      expect(wrong, `seed ${random.seed}, step ${step}`).toEqual([]);
    }
  }
});

test('a page that nobody wrote costs nothing and reads as zeros', () => {
  const image = new PagedImage();
  image.write(new Uint8Array([1]), 5 * pageBytes);
  expect([...image.pages()]).toHaveLength(1);
  const target = new Uint8Array(10).fill(7);
  expect(image.read(target, pageBytes)).toBe(10);
  expect(target).toEqual(new Uint8Array(10));
  expect(image.read(target, 6 * pageBytes)).toBe(0);
});
