import { defineConfig } from 'vitest/config';

/**
 * One run covers every package, every app and the tests of the repository itself. `pnpm test:long` runs the files
 * named `*.long.test.ts`, which explore more seeds and take minutes; the default run leaves them out.
 */
const long = process.env['HTKV_TEST_LONG'] === '1';

export default defineConfig({
  test: {
    include: long
      ? ['{packages,apps}/*/test/**/*.long.test.ts']
      : ['{packages,apps}/*/test/**/*.test.ts', 'benchmarks/test/**/*.test.ts', '.ci/tidy/**/*.test.ts'],
    exclude: long ? ['**/node_modules/**'] : ['**/node_modules/**', '**/*.long.test.ts'],
    testTimeout: long ? 600_000 : 30_000,
    // Seeds and stores belong to one test each, so files may run beside one another in any order.
    restoreMocks: true,
    passWithNoTests: long,
  },
});
