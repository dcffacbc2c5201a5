/**
 * Following a store: a copy that begins with a snapshot, is kept up to date by a watch, goes on after a restart, and
 * begins again where compaction has removed what it missed.
 *
 *     node examples/watch.ts [directory]
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { errorCode, SingleNodeEngine, type Change } from '@htkv/engine';

const dataDir = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'htkv-watch-'));
const config = { dataDir, maxSegmentSize: 64 * 1024 };
const decoder = new TextDecoder();

/** What somebody else keeps: the entries, and the place that they are of. */
const copy = new Map<string, string>();
let place = 0;

function apply(change: Change): void {
  const key = decoder.decode(change.key);
  if (change.type === 'set') copy.set(key, decoder.decode(change.value));
  else copy.delete(key);
}

/** Begins from the present state. */
function begin(engine: SingleNodeEngine): void {
  copy.clear();
  place = engine.readWith((view) => {
    for (const [key, value] of view.entries({ prefix: 'price:' }))
      copy.set(decoder.decode(key), decoder.decode(value));
    return view.sequence;
  });
  console.log(`Began with ${copy.size} entries`);
}

/** Goes on behind `place`, up to what is durable now. */
async function catchUp(engine: SingleNodeEngine): Promise<void> {
  const changes = engine.commitLog.read({ prefix: 'price:', from: place + 1 });
  let count = 0;
  try {
    for await (const change of changes) {
      apply(change);
      count += 1;
    }
    place = Math.max(place, changes.position);
    console.log(`Caught up with ${count} changes`);
  } catch (error) {
    if (errorCode(error) !== 'ENGINE_SEQUENCE_COMPACTED') throw error;
    console.log('Compaction has removed what was missed');
    begin(engine);
  }
}

let engine = await SingleNodeEngine.open(config);
await engine.clear();
await engine.put('price:lamp', '30');
begin(engine);

// Live: a loop of its own, which ends when the engine is closed.
const watch = engine.watch({ prefix: 'price:', since: place });
const following = (async () => {
  for await (const change of watch) apply(change);
})();
await engine.put('price:chair', '80');
await engine.submitBatch([
  { type: 'set', key: 'price:lamp', value: '25' },
  { type: 'set', key: 'price:table', value: '200' },
]);
while (watch.position < engine.latestSequence()) await new Promise((resolve) => setImmediate(resolve));
console.log(`Following: ${[...copy].map(([key, value]) => `${key} ${value}`).join(', ')}`);
await engine.close();
await following;
place = watch.position;

// The store goes on while nobody follows it.
engine = await SingleNodeEngine.open(config);
await engine.delete('price:chair');
await catchUp(engine);

// So much that compaction removes some of it.
for (let round = 0; round < 200; round += 1) engine.putSync('report', 'x'.repeat(4000));
await engine.put('price:lamp', '20');
await engine.runCompactionNow();
await catchUp(engine);
console.log(`In the end: ${[...copy].map(([key, value]) => `${key} ${value}`).join(', ')}`);

await engine.close();
console.log(`The store is in ${dataDir}`);
