/**
 * A program for the crash ledger: prints what it finds in a store, as lines `= key counter`, writes to it from many
 * sides at once, and prints `key counter` for each write that was acknowledged, until it is killed. A key's counter
 * grows with each of its writes. Keys come in pairs that are written by one batch, and some are written alone, at
 * level `os` or with a file of its own.
 */

import { existsSync } from 'node:fs';
import { argv, stdout } from 'node:process';
import { SingleNodeEngine } from '@htkv/engine';

import { ledgerValue, nextCounter, readCounter } from './ledger-value.ts';

const [dataDir = '', workerThreads = '0', isReaderFirst = 'false', isWriter = 'true'] = argv.slice(2);
const config = { dataDir, maxSegmentSize: 128 * 1024, memoryBudget: 1024 * 1024 };

/** Prints every entry, and throws if it is not what the program wrote. */
function printFound(found: SingleNodeEngine): void {
  for (const [key, value] of found.entries()) acknowledge(`= ${decoder.decode(key)} ${readCounter(value)}`);
}

const decoder = new TextDecoder();
if (isReaderFirst === 'true' && existsSync(dataDir)) {
  // A reader repairs nothing, so the writer finds what the kill left.
  const reader = SingleNodeEngine.openSync({ ...config, readOnly: true });
  printFound(reader);
  reader.closeSync();
}
const engine = await SingleNodeEngine.open({ ...config, workerThreads: Number(workerThreads) });
printFound(engine);

function acknowledge(...lines: readonly string[]): void {
  stdout.write(lines.map((line) => `${line}\n`).join(''));
}

async function writePairs(name: string): Promise<never> {
  for (let counter = nextCounter(engine.get(`${name} left`)); ; counter += 1) {
    const value = ledgerValue(counter, (counter * 37) % 700);
    await engine.submitBatch([
      { type: 'set', key: `${name} left`, value },
      { type: 'set', key: `${name} right`, value },
    ]);
    acknowledge(`${name} left ${counter}`, `${name} right ${counter}`);
  }
}

async function writeAlone(key: string, durability: 'os' | 'disk', bytes: number): Promise<never> {
  for (let counter = nextCounter(engine.get(key)); ; counter += 1) {
    await engine.put(key, ledgerValue(counter, bytes), { durability });
    acknowledge(`${key} ${counter}`);
  }
}

async function writeAll(): Promise<void> {
  const writers = Array.from({ length: 8 }, (_, index) => writePairs(`pair ${index}`));
  for (let index = 0; index < 8; index += 1) {
    writers.push(writeAlone(`disk ${index}`, 'disk', index * 100), writeAlone(`os ${index}`, 'os', 50));
  }
  writers.push(writeAlone('file', 'disk', 100_000));
  await Promise.all(writers);
}

if (isWriter === 'true') await writeAll();
await engine.close();
