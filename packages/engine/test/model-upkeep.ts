/**
 * Still more commands of the model test: what an engine does to its store beside what its users do, and what users do
 * seldom. None of it changes what anybody sees, whatever it removes, copies or saves.
 */
import { digestState, restoreSnapshot } from '@htkv/state';
import * as fc from 'fast-check';

import { agree, visibleIn, type Model, type ModelCommand, type Real } from './model-state.ts';
import { text, textEntries } from './text.ts';

/** A command that is a function; `name` is what a failure shows. */
function command(name: string, run: (model: Model, real: Real) => void | Promise<void>): ModelCommand {
  return { check: () => true, run, toString: () => name };
}

/** Awaits what takes turns of the event loop. */
async function settled<Result>({ machine }: Real, promise: Promise<Result>): Promise<Result> {
  let isOver = false;
  const over = (): void => void (isOver = true);
  promise.then(over, over);
  while (!isOver) await machine.settle();
  return promise;
}

const compact = command('compact', async (model, real) => {
  const { damages } = await settled(real, real.engine.runCompactionNow());
  agree([damages, visibleIn(real.engine)], [[], model.visible()]);
});

const checkpoint = command('checkpoint', async (model, real) => {
  await settled(real, real.engine.checkpoint());
  model.settle();
});

const flush = command('flush', async (model, real) => {
  await settled(real, real.engine.flush());
  model.settle();
});

const verify = command('verify', async (_, real) => {
  const { findings } = await settled(real, real.engine.verify());
  agree(findings, []);
});

/** Writes what expires soon, and waits so long that its grace is over and a sweep has been and gone. */
const sweep = command('sweep', (model, real) => {
  const { machine, engine } = real;
  agree(engine.putSync('swept', 's', { ttl: 5 }), 'applied');
  const next = new Map(model.state);
  next.set('swept', { value: 's', expiresAt: model.now + 5 });
  model.advance(next, false);
  for (let step = 0; step < 5; step += 1) {
    model.now += 20;
    machine.advance(20);
  }
  if (machine.environment.startCommitThread === undefined) model.settle();
  agree(visibleIn(engine), model.visible());
});

const portable = command('take a portable snapshot', async (model, real) => {
  const { engine } = real;
  const snapshot = await settled(real, engine.takeSnapshot());
  model.settle();
  const seen: [string, string][] = [];
  const read = restoreSnapshot(snapshot, {
    put: (key, record) => {
      const isGone = 'deleted' in record || (record.expiresAt ?? Infinity) <= model.now;
      if (!isGone) seen.push([text(key), text(record.value)]);
    },
  });
  const { entriesDigest } = await settled(real, read);
  snapshot[Symbol.dispose]();
  agree(
    [seen, entriesDigest],
    [model.visible().map(([key, value]) => [key, value]), digestState(engine.snapshotState())],
  );
});

const setBack = command('set the clock back and forth', (model, { machine, engine }) => {
  machine.now -= 1_000;
  agree(visibleIn(engine), model.visible());
  machine.now += 1_000;
});

function versioned(key: string): ModelCommand {
  return command(`versioned(${key})`, (model, { engine }) => {
    const version = engine.getEntry(key)?.version;
    agree(version !== undefined, model.isPresent(key));
    if (version === undefined) {
      agree(engine.putSync(key, 'v', { ifVersion: 1 }), 'conflict');
      return;
    }
    agree(engine.submitSync({ type: 'set', key, value: 'stale', version }), 'ignoredStale');
    agree(engine.submitSync({ type: 'delete', key, version }), 'ignoredStale');
    agree(engine.putSync(key, 'v', { ifVersion: version + 1 }), 'conflict');
    agree(engine.putSync(key, 'v', { ifVersion: version }), 'applied');
    const next = new Map(model.state);
    next.set(key, { value: 'v', expiresAt: undefined });
    model.advance(next, false);
  });
}

function prefix(key: string, limit: number): ModelCommand {
  return command(`prefix(${key}, limit ${limit})`, (model, { engine }) => {
    const found = model.visible().filter(([each]) => each.startsWith(key));
    const entries = found.map(([each, value]) => [each, value]);
    agree(textEntries(engine.getPrefix(key)), entries);
    agree(engine.count({ prefix: key }), entries.length);
    agree(
      textEntries(engine.entries({ prefix: key, limit, reverse: true })),
      entries.toReversed().slice(0, limit),
    );
  });
}

function readWith(key: string): ModelCommand {
  return command(`readWith(${key})`, (model, { engine }) => {
    const value = model.isPresent(key) ? model.state.get(key)!.value : undefined;
    engine.readWith((view) => {
      agree(
        [text(view.get(key)), view.has(key), view.size],
        [value, value !== undefined, model.visible().length],
      );
    });
    agree([engine.getString(key), engine.has(key)], [value, value !== undefined]);
  });
}

function getInto(key: string): ModelCommand {
  return command(`getInto(${key})`, (model, { engine }) => {
    const target = new Uint8Array(8);
    const value = model.isPresent(key) ? model.state.get(key)!.value : undefined;
    const length = engine.getInto(key, target, 1);
    agree(length, value?.length);
    if (length !== undefined && length <= 7) agree(text(target.subarray(1, 1 + length)), value);
  });
}

/** To go with the other commands of a life. */
export function upkeepCommands(key: fc.Arbitrary<string>): fc.Arbitrary<ModelCommand>[] {
  return [
    fc.constant(compact),
    fc.constant(checkpoint),
    fc.constant(flush),
    fc.constant(verify),
    fc.constant(sweep),
    fc.constant(portable),
    fc.constant(setBack),
    key.map(versioned),
    fc.tuple(key, fc.nat(4)).map((given) => prefix(...given)),
    key.map(readWith),
    key.map(getInto),
  ];
}
