/**
 * Proves which names are a store's: those it writes come back, and sort as their numbers do; what is nearly one is
 * foreign; what every system puts into directories is ignored.
 */
import { expect, test } from 'vitest';

import { parseStoreFileName, storeFileName } from '../../src/format/file-names.ts';

test('names come back, and sort as numbers do', () => {
  const ids = [1, 7, 10, 99, 100, Number.MAX_SAFE_INTEGER];
  for (const kind of ['segment', 'value', 'manifest', 'checkpoint'] as const) {
    const names = ids.map((id) => storeFileName(kind, id));
    expect(names.toSorted()).toEqual(names);
    expect(names.map(parseStoreFileName)).toEqual(ids.map((id) => ({ kind, id })));
  }
  expect(storeFileName('segment', 7)).toBe('segment-0000000000000007');
});

test.for(['LOCK', 'LOCK.0123', 'LOCK.stale'])('%s belongs to the lock', (name) => {
  expect(parseStoreFileName(name)).toEqual({ kind: 'lock' });
});

test.for(['.DS_Store', '.nfs0000', '.', 'lost+found'])('%s is ignored', (name) => {
  expect(parseStoreFileName(name)).toEqual({ kind: 'ignored' });
});

test.for([
  '',
  'segment',
  'segment-7',
  'segment-00000000000000007',
  'segment-000000000000000x',
  'Segment-0000000000000007',
  'segment-0000000000000007 ',
  'xsegment-0000000000000007',
  'segment-0000000000000007.bak',
  'segment-9999999999999999',
  'checkpoint-1',
  'LOCKED',
  'lock',
])("'%s' is foreign", (name) => {
  expect(parseStoreFileName(name)).toEqual({ kind: 'foreign' });
});
