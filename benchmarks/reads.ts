/**
 * Reads in detail, by mitata: distributions instead of rates, for keys that stay in the processor's cache and keys
 * that do not, beside lmdb and a `Map` from latin-1 strings made of the same bytes.
 *
 * `pnpm bench:reads [KEYS]`, 100,000 keys unless given.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { bench, do_not_optimize, group, run, summary } from 'mitata';

import { Stage } from './stage.ts';
import { KeyWalk } from './workload.ts';

const keys = Number(process.argv[2] ?? 100_000);
if (!Number.isSafeInteger(keys) || keys < 4096) throw new RangeError('expected a number of keys from 4096');

const directory = mkdtempSync(join(tmpdir(), 'htkv-bench-'));
const stage = new Stage(directory, keys, 1);
const htkv = await stage.htkv();
const lmdb = await stage.lmdb();
const map = stage.map();

for (const [name, count] of [
  ['get, any key', keys],
  ['get, 4,096 hot keys', 4096],
] as const) {
  group(name, () => {
    summary(() => {
      const walk = KeyWalk.over(count, stage.newOrder());
      bench('htkv', () => do_not_optimize(htkv.get(walk.next()))).baseline(true);
      bench('lmdb', () => do_not_optimize(lmdb.get(walk.next())));
      bench('Map', () => do_not_optimize(map.get(walk.next())));
    });
  });
}
await run();
await stage.close();
rmSync(directory, { recursive: true });
