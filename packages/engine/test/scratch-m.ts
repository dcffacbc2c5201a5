import { Worker } from 'node:worker_threads';
import { SingleNodeEngine } from '@htkv/engine';
import { rmSync } from 'node:fs';
rmSync('/tmp/stress-scratch/s', { recursive: true, force: true });
const e = SingleNodeEngine.openSync({ dataDir: '/tmp/stress-scratch/s', memoryBudget: 1<<20 });
const handle = e.share();
const cc = process.argv[2] === 'cc';
for (let i = 0; i < 8; i++) {
  const t = performance.now(); const c = process.cpuUsage();
  const w = new Worker(new URL('./scratch-w.ts', import.meta.url), { workerData: { handle, cc }, execArgv: [] });
  await new Promise((r) => w.once('message', r));
  const d = process.cpuUsage(c);
  console.log(cc, (performance.now() - t).toFixed(0), 'ms cpu', ((d.user + d.system) / 1000).toFixed(0), process.memoryUsage().rss >> 20);
  const x = new Promise((r) => w.once('exit', r)); await w.terminate(); 
}
e.closeSync();
