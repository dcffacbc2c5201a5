/**
 * A program for the test of a full device: writes with many puts in flight, goes on where there is no room, and prints
 * `key answer` for each put. The test limits how long its files may be.
 */

import { argv, stdout } from 'node:process';
import { errorCode, SingleNodeEngine } from '@htkv/engine';

const [dataDir, workerThreads] = argv.slice(2);
const engine = await SingleNodeEngine.open({ dataDir, workerThreads: Number(workerThreads) });
for (let round = 0; round < 120; round += 1) {
  const puts = Array.from({ length: 50 }, async (_, index) => {
    const key = `${round}-${index}`;
    const answer = await engine.put(key, new Uint8Array(index * 40)).catch(errorCode);
    stdout.write(`${key} ${answer}\n`);
  });
  await Promise.all(puts);
}
await engine.close();
