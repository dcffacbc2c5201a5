/**
 * Proves that a crash before any call of the file system, while segments are emptied and removed, while a checkpoint is
 * taken beside that, and while a store recovers from either, leaves a store with everything that was acknowledged and
 * nothing that was deleted: with each choice of what was not synced, after a kill, and after a kill and a power failure.
 */
import { expect, test } from 'vitest';

import { ScriptedRun } from '../crash/scripted-run.ts';
import { longScripts } from './crash-scripts.ts';

test.for(longScripts)(
  'a crash is survived at every call while $name',
  { timeout: 300_000 },
  ({ name, depth, removed, run }) => {
    const scripted = new ScriptedRun(name, {}, depth, true);
    run(scripted);
    scripted.requireSound();
    expect(scripted.segmentsRemoved).toBeGreaterThanOrEqual(removed);
    expect(scripted.states).toBeGreaterThan(scripted.calls);
  },
);
