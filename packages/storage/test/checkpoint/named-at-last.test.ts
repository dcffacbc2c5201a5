/** Proves that a checkpoint whose manifest found no room is named by the next one, and the one before goes then. */
import { expect, test } from 'vitest';

import { FaultyFileSystem, MemoryFileSystem } from '../../src/testing/index.ts';
import { set } from '../session/repair-scripts.ts';
import { DIRECTORY, openTrialStore } from '../trial-store.ts';

test('a step that found no room for the manifest may be made again', () => {
  const memory = new MemoryFileSystem();
  const faults = new FaultyFileSystem(memory);
  const store = openTrialStore({ fileSystem: faults });
  const checkpoints = (): string[] => memory.list(DIRECTORY).filter((name) => name.startsWith('checkpoint'));
  store.apply([set('a', 1)]);
  const first = store.beginCheckpoint();
  while (!first.step());
  const [before] = checkpoints();
  store.apply([set('b', 2)]);
  const run = store.beginCheckpoint();
  while (!run.isDurable) run.step();
  faults.plan({ at: 1, kinds: ['create'], code: 'ENOSPC', path: (path) => path.includes('manifest') });
  expect(() => run.step()).toThrow('no space');
  faults.heal();
  expect(run.step()).toBe(true);
  expect(checkpoints()).toHaveLength(1);
  expect(checkpoints()).not.toContain(before);
  const again = openTrialStore({ fileSystem: memory.killed() });
  expect(again.report).toMatchObject({
    checkpointId: run.result!.checkpointId,
    checkpointRefusal: undefined,
  });
});
