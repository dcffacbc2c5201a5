/**
 * Proves that a crash before any call of the file system, while a checkpoint is written and while a store recovers from
 * one, leaves a store with everything that was acknowledged: with each choice of what was not synced, after a kill, and
 * after a kill and a power failure.
 */
import { expect, test } from 'vitest';

import { ScriptedRun } from '../crash/scripted-run.ts';

interface Script {
  readonly name: string;
  readonly depth: number;
  readonly run: (run: ScriptedRun) => void;
}

const WHOLE = 100;

const scripts: readonly Script[] = [
  {
    name: 'checkpoints follow each other',
    depth: 0,
    run: (run) => {
      run.open();
      run.apply([4, 10], [5, 20]);
      run.commit(true);
      run.slices(WHOLE);
      run.apply([4, 30], 5);
      run.commit(false);
      run.slices(WHOLE);
      run.apply([6, 10]);
      run.close();
    },
  },
  {
    name: 'writes go on between the slices of a checkpoint',
    depth: 0,
    run: (run) => {
      run.open();
      run.apply([4, 10]);
      run.commit(false);
      run.slices(1);
      run.apply([4, 20], [5, 10]);
      run.slices(1);
      run.apply([5, 30], [6, 10]);
      run.commit(false);
      run.slices(1);
      run.apply([6, 40], 4);
      run.slices(1);
      run.apply([7, 10]);
      run.commit(true);
      run.slices(WHOLE);
      run.apply([8, 10]);
      run.commit(false);
    },
  },
  {
    name: 'segments are filled between the slices of a checkpoint',
    depth: 0,
    run: (run) => {
      run.open();
      for (let key = 4; key < 9; key += 1) {
        run.apply([key, 1300], [key + 1, 100], [4, 50]);
        run.commit(key % 2 === 0);
        run.slices(2);
      }
      run.slices(WHOLE);
      run.apply([4, 10]);
      run.commit(false);
    },
  },
  {
    name: 'a store recovers from a checkpoint',
    depth: 1,
    run: (run) => {
      run.open();
      run.apply([4, 10]);
      run.slices(WHOLE);
      run.apply([5, 10]);
      run.commit(false);
    },
  },
  {
    name: 'a store that has recovered from a checkpoint makes another one',
    depth: 0,
    run: (run) => {
      run.open();
      run.apply([4, 900], [5, 10]);
      run.slices(WHOLE);
      run.apply([5, 700], 4);
      run.commit(false);
      run.kill();
      run.open();
      run.apply([9, 10]);
      run.slices(WHOLE);
      run.cutPower();
      run.open();
      run.apply([9, 20]);
      run.commit(true);
    },
  },
  {
    name: 'the device is full while a checkpoint is written',
    depth: 0,
    run: (run) => {
      run.open();
      run.apply([4, 10]);
      run.commit(true);
      run.slices(2);
      run.apply([5, 10]);
      run.withFullDevice(() => run.commit(true));
      run.slices(WHOLE);
      run.apply([6, 10]);
      run.commit(true);
      run.slices(2);
      run.withFullDevice(() => run.slices(WHOLE));
      run.apply([7, 10]);
      run.slices(WHOLE);
      run.close();
    },
  },
];

test.for(scripts)(
  'a crash is survived at every call while $name',
  { timeout: 600_000 },
  ({ name, depth, run }) => {
    const scripted = new ScriptedRun(name, {}, depth);
    run(scripted);
    scripted.requireSound();
    expect(scripted.calls).toBeGreaterThan(10);
    expect(scripted.states).toBeGreaterThan(scripted.calls);
  },
);
