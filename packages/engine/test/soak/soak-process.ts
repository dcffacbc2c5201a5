/** The process of a soak that writes, and is killed: `node soak-process.ts directory seed ledger isBuilt`. */
import { readFileSync } from 'node:fs';
import { argv } from 'node:process';

import { loadEngine } from '../threads/load-engine.ts';
import { KEYS } from './soak-ledger.ts';

const [dataDir = '', seed = '', ledgerPath = '', isBuilt = 'false'] = argv.slice(2);
await loadEngine(isBuilt === 'true');
const { send, SoakWriter } = await import('./soak-writer.ts');
const words = new Uint32Array(new Uint8Array(readFileSync(ledgerPath)).buffer);
try {
  const writer = new SoakWriter(dataDir, seed, words.slice(0, KEYS), words.slice(KEYS));
  process.on('message', () => writer.stop());
  await writer.run();
} catch (error) {
  send({ kind: 'failed', reason: String((error as Error).stack) });
  process.exitCode = 1;
}
process.disconnect();
