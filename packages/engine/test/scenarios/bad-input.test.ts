/**
 * Proves that every wrong argument of every call is a `TypeError` or `RangeError` with a code, says what was expected
 * and what came, repeats no key and no value, and changes nothing.
 */

import { KEY_BYTES_MAX, SingleNodeEngine, SubmittedWrites, VALUE_BYTES_MAX } from '@htkv/engine';
import { beforeEach, describe, expect, test } from 'vitest';

import { errorOf } from '../result-of.ts';
import { DIRECTORY, SimulatedMachine } from '../simulated-machine.ts';

/** What no type would let through, for callers without types. */
const untyped = (value: unknown): never => value as never;

function expectRefusal(error: unknown, expectation: RegExp): void {
  const isType = error instanceof TypeError;
  expect(isType || error instanceof RangeError, String(error)).toBe(true);
  expect(error).toMatchObject({ code: isType ? 'VALIDATION_TYPE' : 'VALIDATION_RANGE' });
  const { message } = error as Error;
  expect(message).toMatch(/^expected .+, got .+/);
  expect(message).toMatch(expectation);
  expect(message).not.toContain('secret');
}

async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('configuration', () => {
  const wrong: readonly [string, unknown, RegExp][] = [
    ['null', null, /configuration to be an object, got null/],
    ['an array', [], /configuration to be an object, got an array/],
    ['text', './kv-data', /configuration to be an object, got a string/],
    ['an unknown option', { dataDirectory: 'x' }, /dataDir, .*, got "dataDirectory"/],
    ['an option of a prototype', { constructor: 1 }, /got "constructor"/],
    ['dataDir of another type', { dataDir: 5 }, /dataDir .* got 5/],
    ['an empty dataDir', { dataDir: '' }, /dataDir .* got ""/],
    ['a dataDir that no system can open', { dataDir: 'a\0b' }, /dataDir/],
    [
      'a segment that is too small',
      { maxSegmentSize: 4095 },
      /maxSegmentSize .* between 4096 and 67108864, got 4095/,
    ],
    [
      'a segment that is too large',
      { maxSegmentSize: 64 * 1024 * 1024 + 1 },
      /maxSegmentSize .*, got 67108865/,
    ],
    ['half a byte', { maxSegmentSize: 5000.5 }, /maxSegmentSize .* whole number, got 5000.5/],
    ['a number as text', { maxSegmentSize: '8192' }, /maxSegmentSize .* number, got "8192"/],
    ['too little memory', { memoryBudget: 1024 }, /memoryBudget .*, got 1024/],
    ['memory without end', { memoryBudget: Infinity }, /memoryBudget .*, got Infinity/],
    ['another durability', { durability: 'always' }, /'memory', 'os' or 'disk', got "always"/],
    ['durability null', { durability: null }, /durability .*, got null/],
    ['a negative interval', { fsyncIntervalMs: -1 }, /fsyncIntervalMs .* between 0 and 60000, got -1/],
    ['an interval that is no number', { fsyncIntervalMs: Number.NaN }, /fsyncIntervalMs .*, got NaN/],
    ['two threads', { workerThreads: 2 }, /workerThreads to be between 0 and 1, got 2/],
    [
      'a sparse index of everything',
      { sparseIndexEvery: 4097 },
      /sparseIndexEvery .* between 8 and 4096, got 4097/,
    ],
    ['half an entry', { sparseIndexEvery: 8.5 }, /sparseIndexEvery .* whole number, got 8.5/],
    [
      'a Bloom filter that is never wrong',
      { bloomFalsePositiveRate: 0 },
      /bloomFalsePositiveRate .* between 0.001 and 0.5, got 0/,
    ],
    ['a scrub before now', { scrubIntervalMs: -1 }, /scrubIntervalMs .* between 0 and 2147483647, got -1/],
    [
      'a scrub that never gets anywhere',
      { scrubBytesPerSecond: 1 },
      /scrubBytesPerSecond .* between 65536 and 1073741824, got 1/,
    ],
    ['half a sweep', { expirySweepIntervalMs: 0.5 }, /expirySweepIntervalMs to be a whole number, got 0.5/],
    [
      'a sweep that never gets anywhere',
      { expirySweepKeysPerSecond: 99 },
      /expirySweepKeysPerSecond .* between 100 and 1000000, got 99/,
    ],
    [
      'a grace by the moon',
      { tombstoneGraceBy: 'moon' },
      /tombstoneGraceBy to be 'clock' or 'commands', got "moon"/,
    ],
    ['a load factor of everything', { indexLoadFactor: 1 }, /indexLoadFactor .* between 0.1 and 0.9, got 1/],
    [
      'a ballast of less than nothing',
      { ballastBytes: -1 },
      /ballastBytes .* between 0 and 1073741824, got -1/,
    ],
    ['readOnly as a number', { readOnly: 1 }, /readOnly to be a boolean, got 1/],
    ['createIfMissing as text', { createIfMissing: 'yes' }, /createIfMissing to be a boolean, got "yes"/],
    ['ordered as a number', { ordered: 0 }, /ordered to be a boolean, got 0/],
    [
      'an index of nothing',
      { indexMemoryBudget: 65_536 },
      /indexMemoryBudget .* between 1048576 and 1073741824, got 65536/,
    ],
    [
      'an order of keys that leave the index',
      { indexMemoryBudget: 2 ** 24, ordered: true },
      /indexMemoryBudget without ordered, got both/,
    ],
    ['errorIfExists as null', { errorIfExists: null }, /errorIfExists to be a boolean, got null/],
    [
      'what cannot both hold',
      { readOnly: true, errorIfExists: true },
      /readOnly without errorIfExists, got both/,
    ],
  ];

  test.for(wrong)('%s is refused, and nothing is created', ([, given, expectation]) => {
    const machine = new SimulatedMachine();
    const isObject = typeof given === 'object' && given !== null && !Array.isArray(given);
    const config = untyped(isObject ? { dataDir: DIRECTORY, ...given } : given);
    expectRefusal(
      errorOf(() => SingleNodeEngine.openSync(config, machine.environment)),
      expectation,
    );
    expect(machine.faults.calls).toBe(0);
  });

  test('options that are undefined count as not given', () => {
    const machine = new SimulatedMachine();
    const engine = machine.open({ maxSegmentSize: undefined, durability: undefined, readOnly: undefined });
    expect(engine.putSync('k', 'v')).toBe('applied');
  });
});

describe('arguments', () => {
  let machine: SimulatedMachine;
  let engine: SingleNodeEngine;
  let calls: number;

  beforeEach(() => {
    machine = new SimulatedMachine({ isManual: true });
    engine = machine.open();
    engine.putSync('k', 'v', { durability: 'disk' });
    ({ calls } = machine.faults);
  });

  function expectUnchanged(): void {
    expect(machine.faults.calls).toBe(calls);
    expect(engine.latestSequence()).toBe(1);
    expect(engine.size).toBe(1);
    expect(machine.tasks).toBe(0);
  }

  const wrongKeys: readonly [string, unknown, RegExp][] = [
    ['undefined', undefined, /Uint8Array, got undefined/],
    ['null', null, /Uint8Array, got null/],
    ['a number', 5, /Uint8Array, got a number/],
    ['an array of numbers', [1, 2], /Uint8Array, got an array/],
    ['another view', new Uint16Array(2), /Uint8Array, got an object/],
    ['memory without a view', new ArrayBuffer(2), /Uint8Array, got an object/],
    ['a text object', Object('secret'), /Uint8Array, got an object/],
    ['a key that is too long', new Uint8Array(KEY_BYTES_MAX + 1), /at most 65535 bytes, got 65536/],
    ['a text that is too long in UTF-8', '\u00e9'.repeat(32_768), /at most 65535 bytes, got 65536/],
  ];

  test.for(wrongKeys)('as a key: %s', async ([, given, expectation]) => {
    const key = untyped(given);
    const throwing: (() => unknown)[] = [
      () => engine.get(key),
      () => engine.has(key),
      () => engine.getEntry(key),
      () => engine.putSync(key, 'secret'),
      () => engine.deleteSync(key),
      () => engine.submitSync({ type: 'set', key, value: 'secret' }),
      () => engine.submitSync({ type: 'delete', key }),
      () =>
        engine.submitBatchSync([
          { type: 'set', key: 'a', value: 'secret' },
          { type: 'delete', key },
        ]),
    ];
    // Of a range, a missing bound is no bound.
    if (given !== undefined) {
      throwing.push(
        () => engine.getPrefix(key),
        () => engine.keys({ gt: key }),
        () => engine.values({ gte: key }),
        () => engine.entries({ lt: key }),
        () => engine.keys({ lte: key }),
        () => engine.keys({ prefix: key }),
      );
    }
    for (const call of throwing) expectRefusal(errorOf(call), expectation);
    const rejecting = [
      engine.put(key, 'secret'),
      engine.delete(key),
      engine.submit({ type: 'delete', key }),
      engine.submitBatch([
        { type: 'set', key: 'a', value: 'secret' },
        { type: 'delete', key },
      ]),
    ];
    for (const promise of rejecting) expectRefusal(await rejectionOf(promise), expectation);
    expectUnchanged();
  });

  test('a prefix that is undefined is refused by getPrefix', () => {
    expectRefusal(
      errorOf(() => engine.getPrefix(untyped(undefined))),
      /prefix/,
    );
  });

  const wrongValues: readonly [string, unknown, RegExp][] = [
    ['undefined', undefined, /Uint8Array, got undefined/],
    ['null', null, /Uint8Array, got null/],
    ['an object', { secret: 1 }, /Uint8Array, got an object/],
    ['a number', 7, /Uint8Array, got a number/],
    ['a promise', Promise.resolve(), /Uint8Array, got an object/],
    [
      'a value that is too long',
      new Uint8Array(VALUE_BYTES_MAX + 1),
      /at most 268435456 bytes, got 268435457/,
    ],
  ];

  test.for(wrongValues)('as a value: %s', async ([, given, expectation]) => {
    const value = untyped(given);
    expectRefusal(
      errorOf(() => engine.putSync('secret', value)),
      expectation,
    );
    expectRefusal(
      errorOf(() => engine.submitSync({ type: 'set', key: 'secret', value })),
      expectation,
    );
    const batch = [{ type: 'set', key: 'secret', value } as const];
    expectRefusal(
      errorOf(() => engine.submitBatchSync(batch)),
      expectation,
    );
    expectRefusal(await rejectionOf(engine.put('secret', value)), expectation);
    expectRefusal(await rejectionOf(engine.submitBatch(batch)), expectation);
    expectUnchanged();
  });

  const wrongOptions: readonly [string, unknown, RegExp][] = [
    ['null', null, /options to be an object, got null/],
    ['text', 'disk', /options to be an object, got a string/],
    ['an array', [], /options to be an object, got an array/],
    ['an unknown option', { durabillity: 'disk' }, /durability.*, got "durabillity"/],
    ['another level', { durability: 'fsync' }, /'memory', 'os' or 'disk', got "fsync"/],
    ['level null', { durability: null }, /durability/],
    ['true as a level', { durability: true }, /durability .*, got true/],
  ];

  test.for(wrongOptions)('as options of any write: %s', async ([, given, expectation]) => {
    const options = untyped(given);
    const command = { type: 'set', key: 'a', value: 'secret' } as const;
    const throwing = [
      () => engine.putSync('a', 'secret', options),
      () => engine.deleteSync('k', options),
      () => engine.submitSync(command, options),
      () => engine.submitBatchSync([command], options),
    ];
    for (const call of throwing) expectRefusal(errorOf(call), expectation);
    const rejecting = [
      engine.put('a', 'secret', options),
      engine.delete('k', options),
      engine.submit(command, options),
      engine.submitBatch([command], options),
    ];
    for (const promise of rejecting) expectRefusal(await rejectionOf(promise), expectation);
    expectUnchanged();
  });

  const wrongPutOptions: readonly [object, RegExp][] = [
    [{ ifAbsent: 1 }, /ifAbsent to be a boolean, got a number/],
    [{ ifPresent: 'yes' }, /ifPresent to be a boolean, got a string/],
    [{ ifVersion: 0 }, /ifVersion to be a safe integer from 1, got 0/],
    [{ ifVersion: 1.5 }, /ifVersion .*, got 1.5/],
    [{ ifVersion: '1' }, /ifVersion to be a number, got a string/],
    [{ ifAbsent: true, ifPresent: true }, /ifAbsent without ifPresent, got both/],
    [{ ifAbsent: true, ifVersion: 1 }, /ifAbsent without ifVersion, got both/],
    [{ expiresAt: -1 }, /expiresAt .* from 0, got -1/],
    [{ expiresAt: new Date(0) }, /expiresAt to be a number, got an object/],
    [{ ttl: -1 }, /ttl .* from 0, got -1/],
    [{ ttl: 0.5 }, /ttl .*, got 0.5/],
    [{ ttl: Infinity }, /ttl .*, got Infinity/],
    [{ ttl: Number.MAX_SAFE_INTEGER }, /ttl to end at a safe integer, got 9007199254740991/],
    [{ ttl: 1, expiresAt: 1 }, /ttl or expiresAt, got both/],
    [{ atomic: 'perItem' }, /got "atomic"/],
  ];

  test.for(wrongPutOptions)('as options of put: %j', async ([given, expectation]) => {
    expectRefusal(
      errorOf(() => engine.putSync('a', 'secret', given)),
      expectation,
    );
    expectRefusal(await rejectionOf(engine.put('a', 'secret', given)), expectation);
    expectUnchanged();
  });

  const wrongDeleteOptions: readonly [object, RegExp][] = [
    [{ ifAbsent: true }, /got "ifAbsent"/],
    [{ expiresAt: 1 }, /got "expiresAt"/],
    [{ ttl: 1 }, /got "ttl"/],
    [{ ifVersion: -1 }, /ifVersion/],
  ];

  test.for(wrongDeleteOptions)('as options of delete: %j', async ([given, expectation]) => {
    expectRefusal(
      errorOf(() => engine.deleteSync('k', given)),
      expectation,
    );
    expectRefusal(await rejectionOf(engine.delete('k', given)), expectation);
    expectUnchanged();
  });

  test.for([
    [{ atomic: 'all' }, /'perItem' or 'allOrNothing', got 'all'/],
    [{ atomic: true }, /atomic/],
    [{ ifAbsent: true }, /got "ifAbsent"/],
  ] as const)('as options of a batch: %j', async ([given, expectation]) => {
    const options = untyped(given);
    expectRefusal(
      errorOf(() => engine.submitBatchSync([], options)),
      expectation,
    );
    expectRefusal(await rejectionOf(engine.submitBatch([], options)), expectation);
    expectUnchanged();
  });

  const wrongCommands: readonly [string, unknown, RegExp][] = [
    ['undefined', undefined, /command to be an object, got undefined/],
    ['null', null, /command to be an object, got null/],
    ['an array', [], /command to be an object, got an array/],
    ['no type', {}, /type .* got undefined/],
    ['an unknown type', { type: 'put', key: 'a', value: 'b' }, /'set', 'delete' or 'batch', got 'put'/],
    ['an unknown property', { type: 'set', key: 'a', value: 'b', ttl: 5 }, /got 'ttl'/],
    ['a delete with a value', { type: 'delete', key: 'a', value: 'b' }, /got 'value'/],
    ['version 0', { type: 'set', key: 'a', value: 'b', version: 0 }, /version .* from 1, got 0/],
    [
      'a version beyond the safe integers',
      { type: 'set', key: 'a', value: 'b', version: 2 ** 53 },
      /version/,
    ],
    ['a negative timestamp', { type: 'delete', key: 'a', timestamp: -1 }, /timestamp .* from 0, got -1/],
    ['a batch without commands', { type: 'batch' }, /commands to be an array, got undefined/],
    [
      'a batch in a batch',
      { type: 'batch', commands: [{ type: 'batch', commands: [] }] },
      /commands\[0\].type/,
    ],
    [
      'a hole in a batch',
      { type: 'batch', commands: [undefined] },
      /commands\[0\] to be an object, got undefined/,
    ],
    ['a batch of another kind', { type: 'batch', commands: [], atomic: 'some' }, /atomic/],
  ];

  test.for(wrongCommands)('as a command: %s', async ([, given, expectation]) => {
    const command = untyped(given);
    expectRefusal(
      errorOf(() => engine.submitSync(command)),
      expectation,
    );
    expectRefusal(await rejectionOf(engine.submit(command)), expectation);
    expectUnchanged();
  });

  test.for([undefined, null, 'set', {}, new Set()])('as a batch: %s', async (given) => {
    const commands = untyped(given);
    expectRefusal(
      errorOf(() => engine.submitBatchSync(commands)),
      /commands to be an array/,
    );
    expectRefusal(await rejectionOf(engine.submitBatch(commands)), /commands to be an array/);
    expectUnchanged();
  });

  test.for([undefined, null, 5, true, { a: '1' }])('as many keys or entries: %s', async (given) => {
    const many = untyped(given);
    const view = engine.snapshot();
    expectRefusal(
      errorOf(() => engine.getMany(many)),
      /keys to be iterable/,
    );
    expectRefusal(
      errorOf(() => view.getMany(many)),
      /keys to be iterable/,
    );
    view[Symbol.dispose]();
    expectRefusal(
      errorOf(() => engine.putManySync(many)),
      /entries to be iterable/,
    );
    expectRefusal(await rejectionOf(engine.putMany(many)), /entries to be iterable/);
    expectUnchanged();
  });

  test.for([undefined, 5, 'ab', ['a'], ['a', '1', '2'], { key: 'a', value: '1' }])(
    'as one of many entries: %s',
    (given) => {
      expectRefusal(
        errorOf(() => engine.putManySync(untyped([['a', '1'], given]))),
        /entry to be an array of key and value/,
      );
      expectUnchanged();
    },
  );

  test.for([null, 5, []])('as the options of a transaction over a log: %s', async (given) => {
    const writes = new SubmittedWrites(engine, engine);
    const refused = writes.transaction((tx) => tx.put('a', '1'), untyped(given));
    expectRefusal(await rejectionOf(refused), /options to be an object/);
    expectUnchanged();
  });

  const wrongRanges: readonly [string, unknown, RegExp][] = [
    ['null', null, /range to be an object, got null/],
    ['text', 'user:', /range to be an object, got a string/],
    ['an array', ['a', 'b'], /range to be an object, got an array/],
    ['an unknown option', { start: 'a' }, /gt, gte, lt, lte, prefix, reverse, limit, signal, got "start"/],
    ['reverse as a number', { reverse: 1 }, /reverse to be a boolean, got 1/],
    ['a negative limit', { limit: -1 }, /limit .*, got -1/],
    ['a limit that is no number', { limit: Number.NaN }, /limit .*, got NaN/],
    ['a signal that is none', { signal: {} }, /signal to be an AbortSignal, got an object/],
    ['a limit as text', { limit: '5' }, /limit to be a number, got a string/],
  ];

  test.for(wrongRanges)('as a range: %s, when the range is made', ([, given, expectation]) => {
    const range = untyped(given);
    for (const call of [() => engine.entries(range), () => engine.keys(range), () => engine.values(range)]) {
      expectRefusal(errorOf(call), expectation);
    }
  });

  test.for([-1, 1.5, '1', undefined, null, Number.NaN])('as a sequence: %s', async (given) => {
    expectRefusal(await rejectionOf(engine.durable(untyped(given))), /sequence/);
  });

  test('one wrong item refuses the whole batch', () => {
    const batch = [
      { type: 'set', key: 'a', value: '1' },
      { type: 'set', key: 'b' },
    ];
    expectRefusal(
      errorOf(() => engine.submitBatchSync(untyped(batch))),
      /commands\[1\].value/,
    );
    expectUnchanged();
  });
});
