import { SingleNodeEngine } from './src/index.ts';
import { rmSync } from 'node:fs';
rmSync('/tmp/ht/watch-scratch/s1', { recursive: true, force: true });
const engine = await SingleNodeEngine.open({ dataDir: '/tmp/ht/watch-scratch/s1' });
const N = 1_000_000;
const value = new Uint8Array(64).fill(7);
let t = performance.now();
for (let i = 0; i < N; i += 1) engine.putSync(`key ${i % 300000}`, value);
await engine.flush();
console.log('put', N / (performance.now() - t), 'k/s');
for (let round = 0; round < 3; round += 1) {
  t = performance.now();
  let n = 0;
  for await (const c of engine.watch({ since: 0 })) { n += 1; if (n === N) break; }
  console.log('iterate', N / (performance.now() - t), 'k/s');
  t = performance.now(); n = 0;
  for await (const b of engine.watch({ since: 0 }).batches()) { n += b.length; if (n >= N) break; }
  console.log('batches', N / (performance.now() - t), 'k/s', n);
  t = performance.now(); n = 0;
  for await (const c of engine.commitLog.read()) { n += 1; }
  console.log('commitLog', N / (performance.now() - t), 'k/s', n);
  t = performance.now(); n = 0;
  for await (const c of engine.watch({ since: 0, prefix: 'key 29999' })) { n += 1; if (n === 33) break; }
  console.log('prefix', N / (performance.now() - t), 'k/s', n);
}
const w = engine.watch({ prefix: 'a' });
setTimeout(() => engine.putSync('b', '1'), 20);
setTimeout(() => engine.putSync('a', '1'), 50);
console.log(await w.next(), w.position);
const p = w.next();
await engine.close();
console.log(await p);
