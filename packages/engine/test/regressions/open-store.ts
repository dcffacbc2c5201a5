/** A program that opens the store of the directory given to it, writes a key, says so, and goes on living. */

import { argv } from 'node:process';
import { SingleNodeEngine } from '@htkv/engine';

const engine = await SingleNodeEngine.open({ dataDir: argv[2] });
await engine.put('k', 'v');
process.send?.('open');
process.on('message', () => void engine.close());
