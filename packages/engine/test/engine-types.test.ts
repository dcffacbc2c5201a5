/**
 * Proves by the compiler that an engine is what the layers below and above take it for: the bodies run, but what
 * counts is that they compile.
 */

import type {
  ApplyOutcome,
  BytesLike,
  CommandSubmitter,
  Entry,
  KvEngine,
  KvReader,
  RangeReader,
  SnapshotProvider,
  StateView,
} from '@htkv/engine';
import { SingleNodeEngine } from '@htkv/engine';
import type * as replication from '@htkv/replication';
import { expect, expectTypeOf, test } from 'vitest';

test('an engine is a KvEngine, a CommandSubmitter and a SnapshotProvider', () => {
  expectTypeOf<SingleNodeEngine>().toExtend<KvEngine>();
  expectTypeOf<SingleNodeEngine>().toExtend<CommandSubmitter>();
  expectTypeOf<SingleNodeEngine>().toExtend<SnapshotProvider>();
  expectTypeOf<SingleNodeEngine>().toExtend<AsyncDisposable>();
  expectTypeOf<KvEngine>().toExtend<KvReader>();
  // What the engine gives out under a name of its own is the very thing.
  expectTypeOf<CommandSubmitter>().toEqualTypeOf<replication.CommandSubmitter>();
  expectTypeOf<SnapshotProvider>().toEqualTypeOf<replication.SnapshotProvider>();
  expect(SingleNodeEngine.name).toBe('SingleNodeEngine');
});

test('a KvEngine is no engine with files: whoever takes one cannot close it or look at its segments', () => {
  expectTypeOf<KvEngine>().not.toHaveProperty('close');
  expectTypeOf<KvEngine>().not.toHaveProperty('stats');
});

test('results say what they are', () => {
  expectTypeOf<KvEngine['get']>().returns.toEqualTypeOf<Uint8Array | undefined>();
  expectTypeOf<KvEngine['getEntry']>().returns.toEqualTypeOf<Entry | undefined>();
  expectTypeOf<KvEngine['getPrefix']>().returns.toEqualTypeOf<[key: Uint8Array, value: Uint8Array][]>();
  expectTypeOf<KvEngine['keys']>().returns.toEqualTypeOf<RangeReader<Uint8Array>>();
  expectTypeOf<RangeReader<Uint8Array>>().toExtend<Iterable<Uint8Array> & AsyncIterable<Uint8Array>>();
  expectTypeOf<KvEngine['put']>().returns.resolves.toEqualTypeOf<ApplyOutcome>();
  expectTypeOf<KvEngine['putSync']>().returns.toEqualTypeOf<ApplyOutcome>();
  expectTypeOf<KvEngine['submitBatch']>().returns.resolves.toEqualTypeOf<readonly ApplyOutcome[]>();
  expectTypeOf<KvEngine['snapshotState']>().returns.toEqualTypeOf<StateView>();
  expectTypeOf<KvEngine['get']>().parameter(0).toEqualTypeOf<BytesLike>();
});

test('submit tells a batch from a single command', () => {
  const submit = (engine: KvEngine): void => {
    expectTypeOf(engine.submit({ type: 'delete', key: 'k' })).resolves.toEqualTypeOf<ApplyOutcome>();
    const batch = { type: 'batch', commands: [] } as const;
    expectTypeOf(engine.submit(batch)).resolves.toEqualTypeOf<readonly ApplyOutcome[]>();
    expectTypeOf(engine.submitSync(batch)).toEqualTypeOf<readonly ApplyOutcome[]>();
  };
  expect(submit).toBeTypeOf('function');
});

test('what is no option does not compile', () => {
  const misuse = (engine: SingleNodeEngine): unknown[] => [
    // @ts-expect-error -- a key is bytes or text
    engine.get(5),
    // @ts-expect-error -- a value is bytes or text
    engine.putSync('k', { a: 1 }),
    // @ts-expect-error -- deletes have no deadline
    engine.deleteSync('k', { ttl: 5 }),
    // @ts-expect-error -- there are three levels
    engine.putSync('k', 'v', { durability: 'always' }),
    // @ts-expect-error -- an unknown option of the configuration
    SingleNodeEngine.openSync({ directory: 'x' }),
    // @ts-expect-error -- engines are opened, not constructed
    new SingleNodeEngine({}),
  ];
  expect(misuse).toBeTypeOf('function');
});
