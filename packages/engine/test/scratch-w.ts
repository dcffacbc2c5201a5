import { workerData, parentPort } from 'node:worker_threads';
import { enableCompileCache } from 'node:module';
if (workerData.cc) enableCompileCache('/tmp/stress-scratch/cc');
const { SingleNodeEngine } = await import('@htkv/engine');
const e = SingleNodeEngine.attach(workerData.handle);
parentPort!.postMessage('up');
parentPort!.on('message', () => { e.closeSync(); process.exit(0); });
