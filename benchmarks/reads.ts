/**
 * Reads in detail, by mitata: distributions instead of rates, for keys that stay in the processor's cache and keys
 * that do not, beside lmdb and a `Map` from latin-1 strings made of the same bytes.
 *
 * `pnpm bench:reads [KEYS]`, 100,000 keys unless given.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { bench, do_not_optimize, group, run, summary } from 'mitata';

import { openHtkv } from './htkv-contestant.ts';
import { openLmdb } from './lmdb-contestant.ts';
import { KeyWalk, READ_STEP, VALUE_BYTES, WRITE_STEP } from './workload.ts';

const keys = Number(process.argv[2] ?? 100_000);
if (!Number.isSafeInteger(keys) || keys < 4096) throw new RangeError('expected a number of keys from 4096');

const directory = mkdtempSync(join(tmpdir(), 'htkv-bench-'));
mkdirSync(join(directory, 'lmdb'));
const htkv = await openHtkv(join(directory, 'htkv'));
const lmdb = openLmdb(join(directory, 'lmdb'));
const map = new Map<string, Uint8Array>();

const text = (key: Uint8Array): string =>
  Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
const value = new Uint8Array(VALUE_BYTES).fill(7);
const walk = new KeyWalk(keys, WRITE_STEP);
for (let index = 0; index < keys; index += 1) {
  const key = walk.next();
  htkv.put(key, value);
  lmdb.put(key, value);
  map.set(text(key), value);
}
await Promise.all([htkv.settle(), lmdb.settle()]);

for (const [name, count] of [
  ['get, any key', keys],
  ['get, 4,096 hot keys', 4096],
] as const) {
  group(name, () => {
    summary(() => {
      const steps = new KeyWalk(count, READ_STEP);
      bench('htkv', () => do_not_optimize(htkv.get(steps.next()))).baseline(true);
      bench('lmdb', () => do_not_optimize(lmdb.get(steps.next())));
      bench('Map', () => do_not_optimize(map.get(text(steps.next()))));
    });
  });
}
await run();
await Promise.all([htkv.close(), lmdb.close()]);
rmSync(directory, { recursive: true });
