/**
 * Proves for scripted workloads what the simulation proves for random ones, but at every moment: before each call of
 * the file system, with each choice of what was not synced (all subsets of a few operations; nothing, all, one, all but
 * one and random parts of many), after a kill, and after a kill and a power failure. Recovery itself is interrupted
 * in the same way at each of its calls.
 */
import { expect, test } from 'vitest';

import { ScriptedRun } from './scripted-run.ts';

interface Script {
  readonly name: string;
  readonly depth: number;
  readonly run: (run: ScriptedRun) => void;
}

const scripts: readonly Script[] = [
  {
    name: 'a store is created and gets its first writes',
    depth: 1,
    run: (run) => {
      run.open();
      run.apply([4, 10]);
      run.commit(true);
      run.apply([5, 100]);
      run.commit(true);
    },
  },
  {
    name: 'groups are written and synced later',
    depth: 1,
    run: (run) => {
      run.open();
      run.apply([4, 10], [5, 20], 6);
      run.commit(false);
      run.apply(4);
      run.commit(false);
      run.apply([0, 600], [6, 0]);
      run.apply([3, 600]);
      run.commit(true);
      run.apply([4, 5]);
      run.commit(false);
    },
  },
  {
    name: 'segments are filled and sealed',
    depth: 0,
    run: (run) => {
      run.open();
      for (let key = 4; key < 10; key += 1) {
        run.apply([key, 1300], [key + 1, 100]);
        if (key % 2 === 0) run.commit(key % 4 === 0);
      }
      run.commit(true);
    },
  },
  {
    name: 'values lie in files of their own',
    depth: 1,
    run: (run) => {
      run.open();
      run.apply([4, 40_000], [5, 10]);
      run.commit(false);
      run.apply([4, 50_000]);
      run.commit(true);
      run.apply(4);
      run.commit(false);
    },
  },
  {
    name: 'a store is closed and goes on',
    depth: 1,
    run: (run) => {
      run.open();
      run.apply([4, 10]);
      run.close();
      run.open();
      run.close();
      run.open();
      run.apply([5, 10]);
      run.commit(false);
      run.close();
    },
  },
  {
    name: 'a log that was not proven is written again',
    depth: 1,
    run: (run) => {
      run.open();
      run.apply([4, 900]);
      run.commit(true);
      run.apply([5, 700], 4);
      run.commit(false);
      run.apply([6, 1700]);
      run.commit(false);
      run.kill();
      run.open();
      run.apply([9, 10]);
      run.commit(true);
      run.close();
    },
  },
  {
    name: 'crashes follow each other with hardly a write between',
    depth: 0,
    run: (run) => {
      run.open();
      for (let life = 0; life < 5; life += 1) {
        run.apply([4 + life, 10]);
        run.commit(life % 2 === 0);
        if (life % 2 === 0) run.cutPower(life === 2 ? 'all' : 'none');
        else run.kill();
        run.open();
      }
    },
  },
  {
    name: 'one batch is longer than a page and than a segment',
    depth: 0,
    run: (run) => {
      run.open();
      run.apply([4, 10]);
      run.apply([5, 30_000], [6, 30_000], [7, 30_000], [8, 30_000], [9, 30_000], 4);
      run.commit(false);
      run.apply([4, 10]);
      run.commit(true);
    },
  },
  {
    name: 'the device is full, and then it is not',
    depth: 0,
    run: (run) => {
      run.open();
      run.apply([4, 10]);
      run.commit(true);
      run.apply([5, 10]);
      run.withFullDevice(() => run.commit(true));
      run.withFullDevice(() => run.apply([6, 40_000]));
      run.apply([7, 10]);
      run.withFullDevice(() => run.commit(false));
      run.apply([8, 10]);
      run.commit(true);
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
