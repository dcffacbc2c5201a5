/**
 * More commands of the model test: snapshots that are kept, read and given back while life goes on, transactions that
 * others get in the way of, and the calls that read and write at once. A restart and a crash end all snapshots.
 */
import type { KvSnapshot } from '@htkv/engine';
import * as fc from 'fast-check';
import { expect } from 'vitest';

import { agree, type Model, type ModelCommand, type Real } from './model-state.ts';
import { resultOfSync } from './result-of.ts';
import { text, textEntries } from './text.ts';

/** A snapshot and what it has to show. */
interface Kept {
  readonly view: KvSnapshot;
  readonly engine: Real['engine'];
  readonly shown: readonly [string, string][];
}

/** By the machine's life: commands are made before it. */
const kept = new WeakMap<Model, Kept[]>();

function keptOf(model: Model): Kept[] {
  const list = kept.get(model) ?? [];
  kept.set(model, list);
  return list;
}

function shownIn(model: Model): [string, string][] {
  return model.visible().map(([key, value]) => [key, value]);
}

/** A command that is a function; `name` is what a failure shows. */
function command(name: string, run: (model: Model, real: Real) => void): ModelCommand {
  return { check: () => true, run, toString: () => name };
}

const takeSnapshot = command('take a snapshot', (model, { engine }) => {
  keptOf(model).push({ view: engine.snapshot(), engine, shown: shownIn(model) });
});

function readSnapshot(which: number, from: string, limit: number, reverse: boolean): ModelCommand {
  return command(`read snapshot ${which}`, (model, { engine }) => {
    const list = keptOf(model);
    if (list.length === 0) return;
    const { view, shown, engine: itsEngine } = list[which % list.length]!;
    if (itsEngine !== engine) {
      // Its engine was closed, or its process is gone.
      list.splice(which % list.length, 1);
      return;
    }
    agree([textEntries(view.entries()), view.size], [shown, shown.length]);
    const inRange = shown.filter(([key]) => key >= from);
    if (reverse) inRange.reverse();
    agree(textEntries(view.entries({ gte: from, limit, reverse })), inRange.slice(0, limit));
    agree([text(view.get(from)), view.count({ gte: from })], [new Map(shown).get(from), inRange.length]);
  });
}

function releaseSnapshot(which: number): ModelCommand {
  return command(`release snapshot ${which}`, (model, { engine }) => {
    const list = keptOf(model);
    if (list.length === 0) return;
    const [{ view, engine: itsEngine }] = list.splice(which % list.length, 1) as [Kept];
    view[Symbol.dispose]();
    if (itsEngine === engine) expect(resultOfSync(() => view.size)).toBe('ENGINE_SNAPSHOT_DISPOSED');
  });
}

/** Makes `next` the state, and nothing durable by that. */
function put(model: Model, key: string, value: string | undefined, expiresAt?: number): void {
  const next = new Map(model.state);
  if (value === undefined) next.delete(key);
  else next.set(key, { value, expiresAt });
  model.advance(next, false);
}

function transact(from: string, to: string, target: string, other: string, isDelete: boolean): ModelCommand {
  return command(`transaction(${from}, ${to} => ${target}, beside ${other})`, (model, { engine }) => {
    const attempts = engine.transactionSync((tx) => {
      const one = text(tx.get(from)) ?? '-';
      const range = textEntries(tx.entries({ gte: from, lt: to }));
      expect(range).toEqual(shownIn(model).filter(([key]) => key >= from && key < to));
      if (tx.attempt === 1) {
        engine.putSync(other, 'beside');
        put(model, other, 'beside');
        // It reads on from its moment.
        expect(text(tx.get(from)) ?? '-').toBe(one);
      }
      tx.put(target, `${one} ${range.length}`);
      if (isDelete) tx.delete(to);
      return tx.attempt;
    });
    // The other write was in the way exactly if it was of what had been read.
    expect(attempts).toBe(other === from || (other >= from && other < to) ? 2 : 1);
    const next = new Map(model.state);
    const shown = new Map(shownIn(model));
    const count = [...shown.keys()].filter((key) => key >= from && key < to).length;
    next.set(target, { value: `${shown.get(from) ?? '-'} ${count}`, expiresAt: undefined });
    if (isDelete) next.delete(to);
    model.advance(next, false);
  });
}

function increment(key: string): ModelCommand {
  return command(`increment(${key})`, (model, { engine }) => {
    const before = model.isPresent(key) ? model.state.get(key)! : undefined;
    const isCounter = before === undefined || /^(0|-?[1-9]\d{0,14})$/.test(before.value);
    const sum = Number(before?.value ?? 0) + 1;
    expect(resultOfSync(() => engine.incrementSync(key))).toBe(isCounter ? sum : 'ENGINE_NOT_A_COUNTER');
    if (isCounter) put(model, key, String(sum), before?.expiresAt);
  });
}

function update(key: string): ModelCommand {
  return command(`update(${key})`, (model, { engine }) => {
    const before = model.isPresent(key) ? model.state.get(key)! : undefined;
    const value = before === undefined ? '' : String(before.value.length);
    const given = resultOfSync(() =>
      text(engine.updateSync(key, (entry) => String(text(entry.value).length))),
    );
    expect(given).toBe(before === undefined ? 'ENGINE_KEY_ABSENT' : value);
    if (before !== undefined) put(model, key, value, before.expiresAt);
  });
}

function consume(key: string): ModelCommand {
  return command(`consume(${key})`, (model, { engine }) => {
    const before = model.isPresent(key) ? model.state.get(key)!.value : undefined;
    expect(text(engine.consumeSync(key)?.value)).toBe(before);
    if (before !== undefined) put(model, key, undefined);
  });
}

function clear(from: string, to: string): ModelCommand {
  return command(`clear(${from}..${to})`, (model, { engine }) => {
    const keys = model.visible().map(([key]) => key);
    const gone = keys.filter((key) => key >= from && key < to);
    expect(engine.clearSync({ gte: from, lt: to })).toBe(gone.length);
    if (gone.length === 0) return;
    const next = new Map(model.state);
    for (const key of gone) next.delete(key);
    model.advance(next, false);
  });
}

function many(keys: readonly string[]): ModelCommand {
  return command(`many(${keys.join()})`, (model, { engine }) => {
    if (keys.length === 0) return;
    engine.putManySync(keys.map((key, index) => [key, `many ${index}`] as const));
    const next = new Map(model.state);
    keys.forEach((key, index) => next.set(key, { value: `many ${index}`, expiresAt: undefined }));
    model.advance(next, false);
    expect(engine.getMany(keys).map((value) => text(value))).toEqual(keys.map((key) => next.get(key)!.value));
  });
}

/** To go with the other commands of a life. */
export function viewCommands(key: fc.Arbitrary<string>): fc.Arbitrary<ModelCommand>[] {
  return [
    fc.constant(takeSnapshot),
    fc.tuple(fc.nat(9), key, fc.nat(4), fc.boolean()).map((given) => readSnapshot(...given)),
    fc.nat(9).map(releaseSnapshot),
    fc.tuple(key, key, key, key, fc.boolean()).map((given) => transact(...given)),
    key.map(increment),
    key.map(update),
    key.map(consume),
    fc.tuple(key, key).map((given) => clear(...given)),
    fc.array(key, { maxLength: 4 }).map(many),
  ];
}
