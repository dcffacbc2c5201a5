/**
 * In an earlier system every read left a copy of what it read behind: a million reads of 256 bytes took 266 MB that
 * nobody got back. Here a read gives its copy away, and nothing else stays.
 */

import { SingleNodeEngine } from '@htkv/engine';
import { expect, test } from 'vitest';

import { DIRECTORY, SimulatedMachine } from '../simulated-machine.ts';
import { heldBytes } from './memory-of-the-process.ts';

test.for([
  ['memory', 16],
  ['the file', 1],
] as const)('a hundred thousand reads from %s leave nothing behind', ([, mebibytes]) => {
  const machine = new SimulatedMachine();
  const engine = SingleNodeEngine.openSync(
    { dataDir: DIRECTORY, memoryBudget: mebibytes * 1024 * 1024, maxSegmentSize: 1024 * 1024 },
    // A disk that keeps no list of what it was asked.
    { ...machine.environment, fileSystem: machine.disk },
  );
  for (let index = 0; index < 8; index += 1) engine.putSync(`${index}`, new Uint8Array(256));
  for (let index = 0; index < 200; index += 1) engine.putSync('other', new Uint8Array(10_000));
  const read = (count: number): void => {
    for (let index = 0; index < count; index += 1) {
      engine.get(`${index % 8}`);
      engine.has(`${index % 8}`);
      engine.getEntry('absent');
    }
  };
  read(1000);
  const before = heldBytes();
  read(100_000);
  // A copy of each value alone would be 25 MB.
  expect(heldBytes() - before).toBeLessThan(2_000_000);
  if (mebibytes === 1) expect(engine.stats().coldReads).toBeGreaterThan(100_000);
});
