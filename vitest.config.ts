import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vitest/config';

/**
 * One run covers every package, every app and the tests of the repository itself.
 *
 * `--mode long`   runs the files named `*.long.test.ts` instead: more seeds, minutes instead of seconds.
 * `--mode built`  runs the packages' tests on `dist` in place of `src`, so that what is published is what was
 *                 tested. `.ci/test-built.ts` does so on every supported Node.
 */
export default defineConfig(({ mode }) => {
  const long = mode === 'long';
  const packageTests = '{packages,apps}/*/test/**';
  return {
    plugins: mode === 'built' ? [builtPackages()] : [],
    test: {
      include: long
        ? [`${packageTests}/*.long.test.ts`]
        : [
            `${packageTests}/*.test.ts`,
            ...(mode === 'built' ? [] : ['benchmarks/test/**/*.test.ts', '.ci/tidy/**/*.test.ts']),
          ],
      exclude: ['**/node_modules/**', ...(long ? [] : ['**/*.long.test.ts'])],
      // What hangs is told from what is slow on a machine that is busy with other things.
      testTimeout: long ? 600_000 : 240_000,
      hookTimeout: 120_000,
      passWithNoTests: long,
    },
  };
});

/** Sends each module that resolves to `packages/<name>/src/<file>.ts` to the file that `tsc -b` made of it. */
function builtPackages(): Plugin {
  const root = fileURLToPath(new URL('.', import.meta.url));
  return {
    name: 'htkv:built-packages',
    enforce: 'pre',
    async resolveId(source, importer, options) {
      const resolved = await this.resolve(source, importer, { ...options, skipSelf: true });
      if (resolved === null) return null;
      const path = relative(root, resolved.id).replaceAll('\\', '/');
      const match = /^((?:packages|apps)\/[^/]+)\/src\/(.+)\.ts$/.exec(path);
      if (match === null) return resolved;
      return { ...resolved, id: `${root}${match[1]}/dist/${match[2]}.js` };
    },
  };
}
