/**
 * Proves that a layout puts its fields side by side, that numbers of every width survive in it, and that mistakes in
 * using one are noticed.
 */
import { toHex } from '@htkv/base';
import { expect, test } from 'vitest';

import { defineLayout, LayoutView } from '../../src/format/layout.ts';

const layout = defineLayout(20, { one: 1, two: 2, four: 4, eight: 8, text: 5 });

test('fields lie side by side in the order of declaration', () => {
  expect(layout.totalBytes).toBe(20);
  expect(layout.fields).toEqual({
    one: { offset: 0, bytes: 1 },
    two: { offset: 1, bytes: 2 },
    four: { offset: 3, bytes: 4 },
    eight: { offset: 7, bytes: 8 },
    text: { offset: 15, bytes: 5 },
  });
});

test('numbers are little-endian and come back', () => {
  const view = new LayoutView(layout, new Uint8Array(20));
  view.set('one', 0xab);
  view.set('two', 0x1234);
  view.set('four', 0xfedcba98);
  view.set('eight', 0x1f_0102_0304_0506);
  view.setBytes('text', Uint8Array.of(1, 2, 3, 4, 5));
  expect(toHex(view.bytes)).toBe('ab341298badcfe0605040302011f000102030405');
  expect([view.get('one'), view.get('two'), view.get('four'), view.get('eight')]).toEqual([
    0xab, 0x1234, 0xfedcba98, 0x1f_0102_0304_0506,
  ]);
  expect(toHex(view.slice('text'))).toBe('0102030405');
});

test('the largest number that is stored is the largest safe integer', () => {
  const view = new LayoutView(layout, new Uint8Array(20));
  view.set('eight', Number.MAX_SAFE_INTEGER);
  expect(view.get('eight')).toBe(Number.MAX_SAFE_INTEGER);
  for (const wrong of [Number.MAX_SAFE_INTEGER + 1, -1, 0.5, Number.NaN]) {
    expect(() => view.set('eight', wrong)).toThrow('safe integer');
  }
});

test('a view sees the bytes it was given, wherever they lie in their buffer', () => {
  const buffer = new Uint8Array(64);
  new LayoutView(layout, buffer.subarray(10, 40)).set('four', 7);
  expect(buffer[13]).toBe(7);
});

test('widths that do not add up, a buffer that is too small, and bytes that do not fill their field are mistakes', () => {
  expect(() => defineLayout(3, { one: 1, two: 1 })).toThrow('add up');
  expect(() => new LayoutView(layout, new Uint8Array(19))).toThrow('inside its buffer');
  const view = new LayoutView(layout, new Uint8Array(20));
  expect(() => view.setBytes('text', new Uint8Array(4))).toThrow('fill their field');
  expect(() => view.get('text')).toThrow('1, 2, 4 or 8');
});
