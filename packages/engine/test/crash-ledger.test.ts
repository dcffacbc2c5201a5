/**
 * Proves with real processes that are really killed that every acknowledged write is there afterwards: a program
 * writes and prints what was acknowledged, is killed after a random number of lines, and the next one prints what it
 * finds. Over several generations on one directory, with a reader in between or not, with the writes made by a thread
 * of their own and on the spot, and with other threads that write as well. `HTKV_KILLS` says how many kills,
 * `HTKV_KILL_SEED` when.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SeededRandom } from '@htkv/storage/testing';
import { expect, test } from 'vitest';

const kills = Number(process.env['HTKV_KILLS'] ?? 20);
const seed = process.env['HTKV_KILL_SEED'] ?? 'crash ledger';
const GENERATIONS = 5;
const program = fileURLToPath(new URL('./ledger-writer.ts', import.meta.url));

/** Counters by key. */
type Ledger = Map<string, number>;

interface Run {
  readonly dataDir: string;
  readonly threads: number;
  /** Threads that join and write. */
  readonly joined: number;
  readonly isReaderFirst: boolean;
  /** Acknowledgements after which the program is killed; it only reads if there are none. */
  readonly lines: number;
}

/** Runs the program and returns what it printed: what it found, of reader and writer, and what was acknowledged. */
async function run({
  dataDir,
  threads,
  joined,
  isReaderFirst,
  lines,
}: Run): Promise<{ found: Ledger; acknowledged: Ledger }> {
  const parameters = [dataDir, threads, joined, isReaderFirst, lines > 0].map(String);
  const child = spawn(process.execPath, [program, ...parameters], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  let printed = '';
  let count = 0;
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk: string) => {
    printed += chunk;
    count += chunk.match(/^[^=].*$/gm)?.length ?? 0;
    if (lines > 0 && count >= lines) child.kill('SIGKILL');
  });
  await closed;
  expect([child.signalCode, child.exitCode], 'how the program ended').toEqual(
    lines > 0 ? ['SIGKILL', null] : [null, 0],
  );
  const found: Ledger = new Map();
  const acknowledged: Ledger = new Map();
  // What is not a whole line was not acknowledged for sure.
  for (const line of printed.slice(0, printed.lastIndexOf('\n') + 1).split('\n')) {
    const [, mark, key, counter] = /^(= )?(.+) (\d+)$/.exec(line) ?? [];
    if (key === undefined) continue;
    const ledger = mark === undefined ? acknowledged : found;
    // Reader and writer find the same; if not, the lesser counts.
    const before = mark === undefined ? undefined : found.get(key);
    ledger.set(key, before === undefined ? Number(counter) : Math.min(before, Number(counter)));
  }
  return { found, acknowledged };
}

/** Compares what was found with what had been acknowledged; a write that was not may be there as well. */
function check(found: Ledger, acknowledged: Ledger, context: string): void {
  for (const [key, counter] of acknowledged) {
    expect(found.get(key) ?? 0, `${key}, ${context}`).toBeGreaterThanOrEqual(counter);
  }
  for (const [key, counter] of found) {
    if (!key.endsWith('left')) continue;
    expect(found.get(key.replace('left', 'right')), `the other half of ${key}, ${context}`).toBe(counter);
  }
}

test(
  `every acknowledged write survives ${kills} kills, seed ${seed}`,
  { timeout: 240_000 + kills * 3_000 },
  async () => {
    const random = new SeededRandom(seed);
    let total = 0;
    for (let kill = 0; kill < kills;) {
      const directory = mkdtempSync(join(tmpdir(), 'htkv-ledger-'));
      try {
        const dataDir = join(directory, 'store');
        let ledger: Ledger = new Map();
        for (let generation = 0; generation <= GENERATIONS; generation += 1) {
          const isLast = generation === GENERATIONS || kill === kills;
          const lines = random.chance(0.3) ? random.between(1, 40) : random.between(1, 4_000);
          const isReaderFirst = random.chance(0.5);
          const { found, acknowledged } = await run({
            dataDir,
            threads: generation % 2,
            // Every second one that has a thread for its writes.
            joined: generation % 4 === 1 ? 2 : 0,
            isReaderFirst,
            lines: isLast ? 0 : lines,
          });
          check(found, ledger, `after kill ${kill}, seed ${seed}`);
          if (isLast) break;
          kill += 1;
          // What was found counts from now on: it must not go away any more.
          ledger = new Map([...found, ...acknowledged]);
        }
        for (const counter of ledger.values()) total += counter;
      } finally {
        rmSync(directory, { recursive: true });
      }
    }
    expect(total).toBeGreaterThan(kills * 50);
  },
);
