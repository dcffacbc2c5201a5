/**
 * Proves that the ring finds what entered, forgets what left, lets nothing go that is not written, and gives out
 * frames that hold zeros.
 */
import { expect, test } from 'vitest';

import { ControlMemory, controlBytes } from '../../src/control/shared-memory.ts';
import { PageRing } from '../../src/log/page-ring.ts';

const pageLog2 = 17;
const pageUnits = 2 ** (pageLog2 - 4);

function newRing(frames: number): PageRing {
  const control = new ControlMemory(new ArrayBuffer(controlBytes(frames)), frames);
  return new PageRing(new ArrayBuffer(frames * 2 ** pageLog2), new Int32Array(2 ** 19), pageLog2, control);
}

/** An address in the page with this number. */
function addressIn(page: number, unit = 3): number {
  return page * pageUnits + unit;
}

test('a page that entered is found, unit by unit', () => {
  const ring = newRing(3);
  expect(ring.find(addressIn(7))).toBe(-1);
  ring.enter(addressIn(7));
  ring.enter(addressIn(2 ** 18 + 5));
  expect(ring.find(addressIn(7, 0))).toBe(0);
  expect(ring.find(addressIn(7, 3))).toBe(48);
  expect(ring.find(addressIn(2 ** 18 + 5, 1))).toBe(2 ** pageLog2 + 16);
  expect(ring.freeFrames).toBe(1);
  expect(ring.touchedBytes).toBe(2 * 2 ** pageLog2);
});

test('entering again changes nothing', () => {
  const ring = newRing(2);
  ring.enter(addressIn(1));
  ring.bytes[ring.at(addressIn(1))] = 9;
  ring.enter(addressIn(1));
  expect([ring.freeFrames, ring.bytes[ring.at(addressIn(1))]]).toEqual([1, 9]);
});

test('the oldest pages leave first, as far as they are written', () => {
  const ring = newRing(3);
  for (const page of [1, 2, 3]) ring.enter(addressIn(page));
  ring.evict(2, (address) => address !== addressIn(2, 0));
  expect([1, 2, 3].map((page) => ring.find(addressIn(page)) >= 0)).toEqual([false, true, true]);
  expect(ring.freeFrames).toBe(1);
  ring.evict(2, () => true);
  expect([2, 3].map((page) => ring.find(addressIn(page)) >= 0)).toEqual([false, true]);
});

test('a frame that is used again holds zeros', () => {
  const ring = newRing(2);
  for (let page = 1; page < 20; page += 1) {
    ring.evict(1, () => true);
    ring.enter(addressIn(page));
    const at = ring.at(addressIn(page, 0));
    expect(ring.bytes.subarray(at, at + ring.pageBytes).every((byte) => byte === 0)).toBe(true);
    ring.bytes.fill(0xff, at, at + ring.pageBytes);
  }
});

test('a page is filled from its start, wherever the address in it is', () => {
  const ring = newRing(2);
  ring.fill(addressIn(4, 8), Uint8Array.of(1, 2, 3));
  const at = ring.at(addressIn(4, 0));
  expect([...ring.bytes.subarray(at, at + 4)]).toEqual([1, 2, 3, 0]);
});

test('asking for a page that is not there, and entering where no frame is free, are mistakes of the code', () => {
  const ring = newRing(1);
  expect(() => ring.at(addressIn(1))).toThrow('in memory');
  ring.enter(addressIn(1));
  expect(() => ring.enter(addressIn(2))).toThrow('free frame');
});

test('a page that is filled is found by nobody before all of it is there', () => {
  const ring = newRing(2);
  const seen: number[] = [];
  // Copying asks for each byte.
  const bytes = Object.defineProperty({ length: 3 }, 2, {
    get: () => {
      seen.push(ring.find(addressIn(4)), ring.freeFrames);
      return 7;
    },
  });
  ring.fill(addressIn(4, 0), bytes as unknown as Uint8Array);
  expect(seen).toEqual([-1, 2]);
  expect([ring.find(addressIn(4, 0)), ring.freeFrames, ring.bytes[2]]).toEqual([0, 1, 7]);
  ring.fill(addressIn(4, 0), new Uint8Array([5]));
  expect([ring.freeFrames, ring.bytes[0], ring.bytes[2]]).toEqual([1, 5, 7]);
});

test('a page that was there all along is told from one of its number that came back to its frame', () => {
  const ring = newRing(2);
  ring.enter(addressIn(7));
  const { departures } = ring;
  const at = ring.find(addressIn(7));
  ring.enter(addressIn(8));
  expect(ring.isAt(addressIn(7), at, departures)).toBe(true);
  ring.evict(2, () => true);
  expect(ring.isAt(addressIn(7), at, departures)).toBe(false);
  ring.enter(addressIn(7));
  expect(ring.find(addressIn(7))).toBe(at);
  expect(ring.isAt(addressIn(7), at, departures)).toBe(false);
  expect(ring.isAt(addressIn(7), at, ring.departures)).toBe(true);
});
