/**
 * A store was opened for reading while another process wrote to it. Between listing the directory and reading the log
 * the writer added a value with a file of its own, and the reader called the store damaged, because a proven record
 * named a file that its list did not have. Likewise when a manifest that was listed had been replaced by then. A reader
 * looks again before it judges.
 */
import { utf8 } from '@htkv/base';
import { expect, test } from 'vitest';

import type { LogStore } from '../../src/index.ts';
import { FaultyFileSystem, MemoryFileSystem } from '../../src/testing/index.ts';
import { openTrialStore } from '../trial-store.ts';

function set(store: LogStore, name: string, bytes: number): void {
  const value = new Uint8Array(bytes);
  store.apply([
    { type: 'set', key: utf8(name), value, version: store.progress.lastSequence + 1, timestamp: 0 },
  ]);
  store.commit(true);
}

test.for([
  ['a value file that came meanwhile', 'segment-', [40_000, 10]],
  ['segments and manifests that came and went meanwhile', 'manifest-', [3000, 3000, 3000]],
] as const)('%s is no damage', ([, name, sizes]) => {
  const memory = new MemoryFileSystem();
  const writer = openTrialStore({ fileSystem: memory });
  set(writer, 'first', 10);
  let isFirst = true;
  const fileSystem = new FaultyFileSystem(memory, {
    onCall: (kind, path) => {
      if (!isFirst || kind !== 'open' || !path.includes(name)) return;
      isFirst = false;
      sizes.forEach((bytes, index) => set(writer, `meanwhile ${index}`, bytes));
    },
  });
  const reader = openTrialStore({ fileSystem, readOnly: true });
  expect(isFirst).toBe(false);
  expect(reader.read(utf8('first'))?.version).toBe(1);
  expect(reader.progress.lastSequence).toBe(writer.progress.lastSequence);
  reader.close();
  writer.close();
  expect(memory.openFileCount).toBe(0);
});
