/**
 * Gate: the tests of the packages hold for what is built, on every supported Node. `src` is what everyone works on;
 * this is the proof that `dist` does the same.
 */

import { nodeRuntimes } from './node-runtimes.ts';
import { buildPackages } from './pack-packages.ts';
import { runCommand, runScript } from './run-command.ts';

await runScript(() => {
  buildPackages();
  for (const { version, path } of nodeRuntimes()) {
    console.log(`Node ${version}`);
    runCommand(path, ['node_modules/vitest/vitest.mjs', 'run', '--mode', 'built', '--reporter=dot'], {
      show: true,
    });
  }
});
