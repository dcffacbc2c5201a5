/**
 * Create, read, update, delete: the first things to do with a store.
 *
 *     node examples/basic-kv.ts [directory]
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { SingleNodeEngine } from '@htkv/engine';

const dataDir = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'htkv-basic-'));
const engine = await SingleNodeEngine.open({ dataDir });

// Create. A put resolves when it is on disk; puts that wait at the same time share one trip there.
await Promise.all([engine.put('alpha', 'bravo'), engine.put('charlie', 'delta')]);

// Read. Reads are synchronous; a key that is not there is undefined.
console.log(`alpha => ${text(engine.get('alpha'))}`);

// Update.
await engine.put('alpha', 'echo');
console.log(`alpha => ${text(engine.get('alpha'))}, after an update`);

// Delete.
await engine.delete('charlie');
console.log(`charlie => ${text(engine.get('charlie'))}, after a delete`);

// Several changes as one: after a crash all of them are there, or none.
await engine.submitBatch([
  { type: 'set', key: 'account:ada', value: '70' },
  { type: 'set', key: 'account:grace', value: '30' },
]);
console.log(
  `account:ada => ${text(engine.get('account:ada'))}, account:grace => ${text(engine.get('account:grace'))}`,
);

await engine.close();
console.log(`The store is in ${dataDir}`);

/** Keys and values are bytes; strings go in as their UTF-8 bytes and come out with a decoder. */
function text(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? 'nothing' : new TextDecoder().decode(bytes);
}
