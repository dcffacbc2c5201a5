/**
 * What a store keeps in memory: fills one with many small entries and prints what the process holds. `memoryBudget` is 64
 * MiB, entries have keys of 16 and values of 64 bytes; each run is a process of its own, so that nothing is left of
 * another one.
 *
 * `pnpm bench:memory [KEYS] [INDEX_MIB]`: a million keys unless given, and no `indexMemoryBudget`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { SingleNodeEngine } from '@htkv/engine';

import { describeMachine } from './machine.ts';
import { KeyMaker, VALUE } from './workload.ts';

const MIB = 2 ** 20;
const MEMORY_BUDGET_MIB = 64;
/** The targets: the pages, this much for each key, and the process itself; or all of it with a budget for the index. */
const BYTES_PER_KEY = 22;
const PROCESS_MIB = 120;
const MOST_MIB_WITH_BUDGET = 300;

const keys = readNumber(process.argv[2] ?? '1000000');
const indexMib = process.argv[3] === undefined ? undefined : readNumber(process.argv[3]);
const directory = mkdtempSync(join(tmpdir(), 'htkv-memory-'));
try {
  console.log(describeMachine(directory));
  const engine = await SingleNodeEngine.open({
    dataDir: join(directory, 'store'),
    memoryBudget: MEMORY_BUDGET_MIB * MIB,
    durability: 'os',
    ordered: false,
    indexMemoryBudget: indexMib === undefined ? undefined : indexMib * MIB,
  });
  const maker = new KeyMaker();
  let highest = 0;
  for (let key = 0; key < keys; key += 1) {
    engine.putSync(maker.make(key), VALUE);
    if (key % 50_000 !== 0) continue;
    highest = Math.max(highest, process.memoryUsage.rss());
    await new Promise((resolve) => setImmediate(resolve));
  }
  await engine.flush();
  const { indexBytes, residentBytes, coldIndex, segments } = engine.stats();
  const resident = process.memoryUsage.rss();
  const target =
    indexMib === undefined
      ? MEMORY_BUDGET_MIB + (keys * BYTES_PER_KEY) / MIB + PROCESS_MIB
      : MOST_MIB_WITH_BUDGET;
  show('keys', keys, '');
  show('segments', segments.length, '');
  show('resident set', resident / MIB, `MiB, at most ${target.toFixed(0)} wanted`);
  show('resident set, highest', Math.max(highest, resident) / MIB, 'MiB');
  show('pages of the log', residentBytes / MIB, 'MiB');
  show('index', indexBytes / MIB, 'MiB');
  show('keys outside of the index', coldIndex?.coldKeys ?? 0, '');
  show('footers', (coldIndex?.footerBytes ?? 0) / MIB, 'MiB');
  await engine.close();
} finally {
  rmSync(directory, { recursive: true });
}

function show(name: string, amount: number, unit: string): void {
  console.log(`${name.padEnd(32)} ${amount.toFixed(Number.isInteger(amount) ? 0 : 1).padStart(10)} ${unit}`);
}

function readNumber(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new RangeError(`expected a number of keys and perhaps one of mebibytes, got ${text}`);
}
