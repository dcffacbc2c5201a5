/** Loaded before the binary: says on standard error when a thread that it has started runs. */
process.on('worker', (worker) => {
  worker.on('online', () => process.stderr.write('a thread runs\n'));
});
