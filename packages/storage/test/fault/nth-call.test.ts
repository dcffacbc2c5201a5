/**
 * Proves the contract of failures: the n-th call of each kind fails, for n = 1, 2, ... until none is met, with each
 * error an operating system gives, once or from then on, with all, some or nothing of its effect. After every step
 * the store is what it has reported; no room takes back the open group and nothing else, and writing goes on when
 * there is room; any other failure to write or sync ends writing and not reading; nothing stays open; and whatever
 * opens afterwards, after a kill or a power failure, finds every acknowledged write and none that was taken back.
 */
import { expect, test } from 'vitest';

import type { Fault } from '../../src/testing/index.ts';
import { FaultyRun, type FaultyLife, type SyncLoss } from './faulty-run.ts';

/** Two segments' worth of records, batches, a value file, deletes, a clean end, an unclean one, and cold reads. */
const lives: readonly FaultyLife[] = [
  {
    steps: [
      { apply: [[4, 100]] },
      { commit: true },
      { apply: [[5, 1500], 4, [6, 20]] },
      { commit: false },
      { apply: [[7, 1500]] },
      { apply: [[8, 40_000]] },
      { commit: true },
      {
        apply: [
          [9, 1500],
          [4, 1500],
        ],
      },
      { commit: true },
      { apply: [5] },
    ],
    end: 'close',
  },
  {
    steps: [
      { apply: [[4, 10]] },
      { commit: true },
      { apply: [[8, 41_000]] },
      { commit: false },
      { apply: [6, [7, 2000]] },
      { commit: false },
    ],
    end: 'kill',
  },
  {
    steps: [{ apply: [[10, 700]] }, { commit: true }, { apply: [[11, 30]] }, { commit: true }],
    end: 'close',
  },
];

interface FaultKind {
  readonly name: string;
  readonly fault: Omit<Fault, 'at'>;
  readonly syncLoss?: SyncLoss;
  /** Code of the first error that the store throws, if it throws one. */
  readonly code: string;
}

const noSpace = 'STORAGE_NO_SPACE';
const io = 'STORAGE_IO';

const faults: readonly FaultKind[] = [
  { name: 'a write without room', fault: { kinds: ['write'], code: 'ENOSPC' }, code: noSpace },
  {
    name: 'a write with room for half of it',
    fault: { kinds: ['write'], code: 'ENOSPC', effect: 'prefix' },
    code: noSpace,
  },
  {
    name: 'a write beyond a limit, after one byte',
    fault: { kinds: ['write'], code: 'EFBIG', effect: 'prefix', prefixBytes: 1 },
    code: noSpace,
  },
  { name: 'a write to a bad disk', fault: { kinds: ['write'], code: 'EIO' }, code: io },
  { name: 'a write cut short', fault: { kinds: ['write'], code: 'EIO', effect: 'prefix' }, code: io },
  {
    name: 'a write that is done and fails',
    fault: { kinds: ['write'], code: 'EIO', effect: 'full' },
    code: io,
  },
  { name: 'a sync', fault: { kinds: ['sync'], code: 'EIO' }, code: io },
  {
    name: 'a sync that is done and fails',
    fault: { kinds: ['sync'], code: 'EIO', effect: 'full' },
    code: io,
  },
  {
    name: 'a sync after which the cache shows what the disk never got',
    fault: { kinds: ['sync'], code: 'EIO' },
    syncLoss: 'kept',
    code: io,
  },
  {
    name: 'a sync after which the cache forgets',
    fault: { kinds: ['sync'], code: 'EIO' },
    syncLoss: 'reverted',
    code: io,
  },
  { name: 'a sync without room', fault: { kinds: ['sync'], code: 'ENOSPC' }, syncLoss: 'kept', code: io },
  { name: 'a sync of the directory', fault: { kinds: ['syncDirectory'], code: 'EIO' }, code: io },
  { name: 'a creation without room', fault: { kinds: ['create'], code: 'ENOSPC' }, code: noSpace },
  { name: 'a creation without handles', fault: { kinds: ['create'], code: 'EMFILE' }, code: io },
  {
    name: 'a creation that is done and fails',
    fault: { kinds: ['create'], code: 'EIO', effect: 'full' },
    code: io,
  },
  { name: 'an opening without handles', fault: { kinds: ['open'], code: 'EMFILE' }, code: io },
  { name: 'an opening without permission', fault: { kinds: ['open'], code: 'EACCES' }, code: io },
  { name: 'a read', fault: { kinds: ['read'], code: 'EIO' }, code: io },
  { name: 'a removal', fault: { kinds: ['remove'], code: 'EACCES' }, code: 'none' },
  { name: 'a listing', fault: { kinds: ['list'], code: 'EIO' }, code: io },
  { name: 'making the directory', fault: { kinds: ['makeDirectory'], code: 'EACCES' }, code: io },
  {
    name: 'making the directory without room',
    fault: { kinds: ['makeDirectory'], code: 'ENOSPC' },
    code: noSpace,
  },
  { name: 'any call', fault: { code: 'EIO' }, code: io },
];

const cases = faults.flatMap((kind) => [
  { ...kind, often: 'once', isSticky: false },
  { ...kind, often: 'for good', isSticky: true },
]);

test.for(cases)('$name fails $often', ({ name, fault, syncLoss = 'nothing', code, isSticky }) => {
  let at = 0;
  for (let strikes = 1; strikes > 0;) {
    at += 1;
    const run = new FaultyRun(`${name}, call ${at}`, { ...fault, at, isSticky }, syncLoss);
    const result = run.run(lives);
    ({ strikes } = result);
    if (result.codes.length > 0) expect(result.codes[0], `${name}, call ${at}`).toBe(code);
    if (!isSticky)
      expect(result.codes.every((each) => each === code || each === 'STORAGE_POISONED')).toBe(true);
  }
  expect(at).toBeGreaterThan(1);
});
