/**
 * Keys are kept in the order of their bytes, so those that begin alike lie together: prefixes, ranges, the last few.
 *
 *     node examples/prefix-queries.ts [directory]
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { SingleNodeEngine } from '@htkv/engine';

const dataDir = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'htkv-prefix-'));
const engine = await SingleNodeEngine.open({ dataDir });
const decoder = new TextDecoder();

await engine.submitBatch([
  { type: 'set', key: 'user:123', value: 'alice' },
  { type: 'set', key: 'user:456', value: 'bob' },
  { type: 'set', key: 'session:789', value: 'active' },
  { type: 'set', key: 'visit:2026-01-09', value: 'alice' },
  { type: 'set', key: 'visit:2026-01-30', value: 'bob' },
  { type: 'set', key: 'visit:2026-02-14', value: 'alice' },
]);

// Everything below a prefix, at once.
const users = engine.getPrefix('user:');
console.log(`Found ${users.length} users`);
for (const [key, value] of users) console.log(`  ${decoder.decode(key)} => ${decoder.decode(value)}`);

// A range, entry by entry: nothing is read before the loop asks for it.
console.log('Visits in January');
for (const [key, value] of engine.entries({ gte: 'visit:2026-01', lt: 'visit:2026-02' })) {
  console.log(`  ${decoder.decode(key)} => ${decoder.decode(value)}`);
}

// From the end: the latest visit.
for (const key of engine.keys({ prefix: 'visit:', reverse: true, limit: 1 })) {
  console.log(`The latest is ${decoder.decode(key)}`);
}

await engine.close();
console.log(`The store is in ${dataDir}`);
