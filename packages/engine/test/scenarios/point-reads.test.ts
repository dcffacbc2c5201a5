/**
 * Proves what single keys read as: `get`, `has` and `getEntry` agree, a missing key is `undefined`, and every
 * length of key and value that is allowed comes back as it went in, also after a restart.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KEY_BYTES_MAX, SingleNodeEngine } from '@htkv/engine';
import { SeededRandom } from '@htkv/storage/testing';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { SimulatedMachine } from '../simulated-machine.ts';
import { text } from '../text.ts';

const MEBIBYTE = 1024 * 1024;

test('a missing key is undefined, before the first write, after a delete and after a restart', () => {
  const machine = new SimulatedMachine();
  let engine = machine.open();
  const expectMissing = (): void => {
    expect(engine.get('k')).toBeUndefined();
    expect(engine.has('k')).toBe(false);
    expect(engine.getEntry('k')).toBeUndefined();
  };
  expectMissing();
  engine.putSync('k', 'v');
  engine.deleteSync('k');
  expectMissing();
  engine.closeSync();
  engine = machine.open();
  expectMissing();
});

test('an entry carries version and timestamp, and versions grow with every write', () => {
  const machine = new SimulatedMachine({ now: 5_000 });
  const engine = machine.open();
  engine.putSync('a', '1');
  machine.advance(10);
  engine.putSync('b', '2');
  const [a, b] = [engine.getEntry('a')!, engine.getEntry('b')!];
  expect(a).toEqual({ value: new Uint8Array([0x31]), version: a.version, timestamp: 5_000 });
  expect(b.timestamp).toBe(5_010);
  expect(b.version).toBeGreaterThan(a.version);
  expect(engine.latestVersion()).toBe(b.version);
  engine.submitSync({ type: 'set', key: 'c', value: '', version: 77, timestamp: 3 });
  expect(engine.getEntry('c')).toMatchObject({ version: 77, timestamp: 3 });
  expect(engine.latestVersion()).toBe(77);
});

test('size counts keys that are present', () => {
  const engine = new SimulatedMachine().open();
  expect(engine.size).toBe(0);
  for (let index = 0; index < 100; index += 1) engine.putSync(`${index}`, '');
  for (let index = 0; index < 100; index += 1) engine.putSync(`${index}`, 'again');
  expect(engine.size).toBe(100);
  for (let index = 0; index < 100; index += 2) engine.deleteSync(`${index}`);
  engine.deleteSync('absent');
  expect(engine.size).toBe(50);
});

const lengths = {
  'an empty key and an empty value': [0, 0],
  'the longest key': [KEY_BYTES_MAX, 10],
  'a value of 1 MiB, which has a file of its own': [3, MEBIBYTE],
  'the longest value that lies in the log': [16, 256 * 1024],
  'one byte more': [16, 256 * 1024 + 1],
  'the longest key with a large value': [KEY_BYTES_MAX, 300_000],
} as const;

test.for(Object.entries(lengths))(
  '%s: as it went in, also after a power loss',
  ([, [keyBytes, valueBytes]]) => {
    const random = new SeededRandom(`${keyBytes} ${valueBytes}`);
    const [key, value] = [random.bytes(keyBytes), random.bytes(valueBytes)];
    const machine = new SimulatedMachine();
    const engine = machine.open();
    expect(engine.putSync(key, value, { durability: 'disk' })).toBe('applied');
    for (const each of [engine, machine.afterPowerLoss().open()]) {
      expect(Buffer.compare(each.get(key)!, value)).toBe(0);
      expect(each.getEntry(key)!.value.length).toBe(valueBytes);
      expect(each.has(key)).toBe(true);
      const [[readKey, readValue] = []] = each.entries().toArray();
      expect(Buffer.compare(readKey!, key)).toBe(0);
      expect(Buffer.compare(readValue!, value)).toBe(0);
      expect(each.has(key.subarray(1))).toBe(keyBytes === 0);
    }
    engine.deleteSync(key, { durability: 'disk' });
    expect(machine.afterPowerLoss().open().size).toBe(0);
  },
);

test('a value larger than any segment, in a real directory', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'htkv-large-'));
  try {
    const value = new Uint8Array(70 * MEBIBYTE);
    for (let offset = 0; offset < value.length; offset += 4_096) value[offset] = offset >>> 12;
    const engine = await SingleNodeEngine.open({ dataDir: join(directory, 'store') });
    await engine.put('large', value);
    expect(Buffer.compare(engine.get('large')!, value)).toBe(0);
    await engine.close();
    const reopened = await SingleNodeEngine.open({ dataDir: join(directory, 'store') });
    expect(Buffer.compare(reopened.get('large')!, value)).toBe(0);
    await reopened.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('text stands for its UTF-8 bytes, in keys, values, ranges and commands', () => {
  const engine = new SimulatedMachine().open();
  const bytes = new TextEncoder().encode('Grüße 🗝');
  engine.putSync('Grüße 🗝', 'süß');
  expect(engine.get(bytes)).toEqual(new TextEncoder().encode('süß'));
  engine.submitSync({ type: 'set', key: bytes, value: 'neu' });
  expect(text(engine.get('Grüße 🗝'))).toBe('neu');
  expect(engine.getPrefix('Grü')).toHaveLength(1);
  expect(engine.keys({ gte: 'Grüße 🗝', lte: bytes }).toArray()).toEqual([bytes]);
  expect(engine.submitBatchSync([{ type: 'delete', key: 'Grüße 🗝' }])).toEqual(['removed']);
  // Half of a surrogate pair has no bytes of its own.
  engine.putSync('\ud83d', 'x');
  expect(text(engine.get('\ufffd'))).toBe('x');
  // Normal forms are different bytes, so different keys.
  engine.putSync('\u00e9', '1');
  expect(engine.has('e\u0301')).toBe(false);
});

test('any text, short or long, means the bytes that the platform makes of it', () => {
  const engine = new SimulatedMachine().open();
  const encoder = new TextEncoder();
  const anyText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 100 }),
    fc.string({ unit: 'grapheme-ascii', minLength: 60, maxLength: 70 }),
    fc.constantFrom(
      '',
      '\u007f',
      '\u0080',
      'x'.repeat(64),
      'x'.repeat(65),
      `${'x'.repeat(63)}\u00e9`,
      '\udc00',
    ),
  );
  fc.assert(
    fc.property(anyText, anyText, (key, value) => {
      engine.putSync(key, value);
      expect(engine.get(encoder.encode(key))).toEqual(encoder.encode(value));
      engine.submitSync({ type: 'set', key, value: key });
      expect(engine.get(encoder.encode(key))).toEqual(encoder.encode(key));
    }),
    { seed: 20_261_120, numRuns: 500 },
  );
});

test('reads come from disk when memory is too small for the log, and are checked', () => {
  const machine = new SimulatedMachine();
  const engine = machine.open({ memoryBudget: MEBIBYTE, maxSegmentSize: MEBIBYTE });
  const random = new SeededRandom('cold reads');
  const values = Array.from({ length: 300 }, () => random.bytes(30_000));
  values.forEach((value, index) => engine.putSync(`${index}`, value));
  expect(engine.stats().residentBytes).toBeLessThanOrEqual(MEBIBYTE);
  values.forEach((value, index) => expect(Buffer.compare(engine.get(`${index}`)!, value)).toBe(0));
  expect(engine.stats().coldReads).toBeGreaterThan(50);

  const [first] = engine.stats().segments;
  machine.disk.corrupt(first!.path, 50_000, 1);
  expect(() => engine.get('1')).toThrow(expect.objectContaining({ code: 'STORAGE_CORRUPT' }));
  expect(engine.has('299')).toBe(true);
});
