/** What a store does in the tests of crashes during compaction. */
import type { ScriptedRun } from '../crash/scripted-run.ts';

export interface CompactionScript {
  readonly name: string;
  /** Recoveries in a row that are cut short at every call of theirs. */
  readonly depth: number;
  /** Segments that have to be removed at least by the store that is open at the end. */
  readonly removed: number;
  readonly run: (run: ScriptedRun) => void;
}

const WHOLE = 100;

/** Two segments and the beginning of a third, of which little is needed. */
function fill(run: ScriptedRun): void {
  for (let round = 0; round < 2; round += 1) {
    run.apply([4, 1300], [5, 100]);
    run.apply([6, 1300], [4, 700]);
    run.commit(true);
  }
  run.apply([4, 500]);
  run.commit(true);
}

export const shortScripts: readonly CompactionScript[] = [
  {
    name: 'segments are emptied and removed',
    depth: 0,
    removed: 2,
    run: (run) => {
      run.open();
      fill(run);
      run.compact(WHOLE);
      run.apply([7, 10]);
      run.commit(false);
    },
  },
  {
    name: 'writes go on between the steps of a pass',
    depth: 0,
    removed: 1,
    run: (run) => {
      run.open();
      fill(run);
      for (let step = 0; step < 6; step += 1) {
        run.compact(1);
        run.apply([4 + step, 50], 6);
        run.commit(step % 2 === 0);
      }
      run.compact(WHOLE);
    },
  },
  {
    name: 'deletions are forgotten, and values in files of their own go',
    depth: 0,
    removed: 1,
    run: (run) => {
      run.open();
      run.apply([4, 40_000], [5, 1300]);
      run.apply(4, [6, 1300]);
      run.apply(5, [7, 1300]);
      run.commit(true);
      // Deletions are old enough, and what has expired is not.
      run.noteTime(300_100);
      run.compact(WHOLE);
      run.apply([5, 10]);
      run.compact(WHOLE);
    },
  },
  {
    name: 'a checkpoint and a pass take turns',
    depth: 0,
    removed: 2,
    run: (run) => {
      run.open();
      fill(run);
      run.slices(2);
      run.compact(2);
      run.slices(2);
      run.compact(WHOLE);
      run.slices(WHOLE);
      run.apply([8, 10]);
      run.commit(false);
    },
  },
  {
    name: 'the device is full in the middle of a pass',
    depth: 0,
    removed: 1,
    run: (run) => {
      run.open();
      fill(run);
      run.compact(1);
      run.withFullDevice(() => run.compact(WHOLE));
      run.apply([7, 10]);
      run.compact(WHOLE);
      run.commit(true);
    },
  },
];

/** Those that take minutes. */
export const longScripts: readonly CompactionScript[] = [
  {
    name: 'a segment is emptied, and recovery from that is cut short as well',
    depth: 1,
    removed: 1,
    run: (run) => {
      run.open();
      run.apply([4, 1300], [5, 1300]);
      run.apply([4, 1310], [6, 10]);
      run.commit(true);
      run.compact(WHOLE);
    },
  },
  {
    name: 'a store is closed after compaction with a checkpoint, opened, and compacted again',
    depth: 0,
    removed: 1,
    run: (run) => {
      run.open();
      fill(run);
      run.slices(WHOLE);
      run.compact(WHOLE);
      run.slices(WHOLE);
      run.close();
      run.open();
      run.apply([4, 1300], [5, 1300]);
      run.apply([4, 1300], [9, 10]);
      run.commit(true);
      run.compact(WHOLE);
      run.kill();
      run.open();
      run.apply([4, 1300], [5, 1300]);
      run.apply([4, 1300], [5, 1300]);
      run.compact(WHOLE);
    },
  },
];
