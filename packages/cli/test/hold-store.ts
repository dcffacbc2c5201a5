/**
 * A program for tests: it puts `key:0` to `key:<count - 1>` into the store of a directory, waits for each until it
 * is on disk, says `ready`, and then keeps the store open until it is killed or its standard input ends.
 *
 * Usage: node hold-store.ts <directory> <count>
 */
import { once } from 'node:events';
import { argv, stdin, stdout } from 'node:process';

import { SingleNodeEngine } from '@htkv/engine';

const [dataDir, count] = argv.slice(2);
const engine = await SingleNodeEngine.open({ dataDir });
for (let index = 0; index < Number(count); index += 1) await engine.put(`key:${index}`, `value:${index}`);
stdout.write('ready\n');
stdin.resume();
await once(stdin, 'end');
await engine.close();
