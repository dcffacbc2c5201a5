/**
 * Proves that nobody shares a buffer with the engine: changing an argument after the call or a result afterwards
 * changes nothing that anybody reads later. With plain arrays, with views into larger memory and with Node's
 * `Buffer`, whose `slice` does not copy.
 */

import { describe, expect, test } from 'vitest';

import { SimulatedMachine } from '../simulated-machine.ts';
import { text, textEntries, texts } from '../text.ts';

const kinds: Readonly<Record<string, (content: string) => Uint8Array>> = {
  'plain arrays': (content) => new TextEncoder().encode(content),
  'views into larger memory': (content) => {
    const bytes = new TextEncoder().encode(content);
    const larger = new Uint8Array(bytes.length + 20);
    larger.set(bytes, 7);
    return larger.subarray(7, 7 + bytes.length);
  },
  buffers: (content) => Buffer.from(content),
};

describe.for(Object.keys(kinds))('%s', (kind) => {
  const bytes = kinds[kind]!;

  test.for([100, 300_000])(
    'arguments of writes may change when the call has returned, %i bytes',
    async (length) => {
      const machine = new SimulatedMachine();
      const engine = machine.open();
      engine.keys().toArray();
      const [key, value] = [bytes('key'), bytes('v'.repeat(length))];
      const put = engine.put(key, value);
      key.fill(0x20);
      value.fill(0x20);
      await put;
      const batchKey = bytes('batch');
      const batch = [{ type: 'set' as const, key: batchKey, value: bytes('value') }];
      const submitted = engine.submitBatch(batch);
      batchKey.fill(0x20);
      batch.length = 0;
      await submitted;
      for (const each of [engine, machine.afterPowerLoss().open()]) {
        expect(texts(each.keys())).toEqual(['batch', 'key']);
        expect(text(each.get('key'))).toBe('v'.repeat(length));
      }
    },
  );

  test('one buffer may stand for one key after the other', () => {
    const engine = new SimulatedMachine().open();
    const key = bytes('a');
    expect(engine.putSync(key, '1', { ifAbsent: true })).toBe('applied');
    expect(engine.putSync(key, '2', { ifAbsent: true })).toBe('conflict');
    expect(engine.has(key)).toBe(true);
    key.set(bytes('b'));
    expect(engine.has(key)).toBe(false);
    expect(engine.putSync(key, '3', { ifAbsent: true })).toBe('applied');
    expect(engine.deleteSync(key, { ifPresent: true })).toBe('removed');
    key.set(bytes('c'));
    expect(engine.deleteSync(key, { ifPresent: true })).toBe('conflict');
    expect(textEntries(engine.entries())).toEqual([['a', '1']]);
  });

  test('results may be changed', () => {
    const engine = new SimulatedMachine().open();
    engine.putSync(bytes('key'), bytes('value'));
    const results = [
      engine.get('key')!,
      engine.getEntry('key')!.value,
      ...engine.getPrefix('')[0]!,
      ...engine.keys(),
      ...engine.values(),
      ...engine.entries().toArray()[0]!,
      engine.snapshotState().get(new TextEncoder().encode('key'))!,
    ];
    for (const result of results) {
      expect(Object.getPrototypeOf(result)).toBe(Uint8Array.prototype);
      // The whole memory behind a result is the result's: nothing else can be reached through it.
      expect(result.buffer.byteLength).toBe(result.length);
      result.fill(0);
    }
    expect(textEntries(engine.entries())).toEqual([['key', 'value']]);
  });

  test('bounds of a range may change when it has been made', () => {
    const engine = new SimulatedMachine().open();
    for (const key of ['a', 'b1', 'b2', 'c']) engine.putSync(key, '');
    const [prefix, gte, lt] = [bytes('b'), bytes('b'), bytes('c')];
    const ranges = [
      engine.keys({ prefix }),
      engine.keys({ gte, lt }),
      engine.keys({ gt: gte, lte: lt, prefix }),
    ];
    for (const bound of [prefix, gte, lt]) bound.fill(0);
    for (const range of ranges) expect(texts(range)).toEqual(['b1', 'b2']);
  });
});
