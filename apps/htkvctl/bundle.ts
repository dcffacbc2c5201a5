/**
 * Makes the binary that is published: `dist/bin.js` with the packages of this workspace inside, in a few files instead of
 * some 250, because finding and linking each of them takes Node about a millisecond. What comes from outside stays a
 * dependency, with its own licence and its own updates. The two threads keep the names that they are started by.
 *
 *     node apps/htkvctl/bundle.ts     after `tsc -b`; `npx -y pnpm@12 build` does both
 */
import { globSync, readFileSync, rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';

import { rolldown, type RolldownOutput } from 'rolldown';

const directory = import.meta.dirname;
const packages = join(directory, '../../packages');
const dist = join(directory, 'dist');

/** File names without their ending, and where they come from. */
const entries = {
  bin: join(directory, 'src/bin.ts'),
  'commit-worker': join(packages, 'storage/src/io/commit-worker.ts'),
  'hash-worker': join(packages, 'crypto/src/hash-worker.ts'),
};

const bundle = await rolldown({
  input: entries,
  platform: 'node',
  external: (id) => !id.startsWith('@htkv/') && !/^[./]/.test(id),
  onLog: (level, log) => {
    if (level === 'warn') throw new Error(log.message);
  },
});
// Pieces of an earlier bundle have other names, and would be published with these.
for (const name of globSync('*.js{,.map}', { cwd: dist })) rmSync(join(dist, name));
requireDeclared(
  await bundle.write({
    dir: dist,
    // Flat, so that a thread's file lies beside whichever file starts it.
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    // Names stay, for whoever reports a stack; what Node need not read goes.
    minify: { mangle: false, compress: false, codegen: { removeWhitespace: true } },
  }),
);
await bundle.close();

/** What the binary imports from outside is what its manifest declares, no more and no less. */
function requireDeclared({ output }: RolldownOutput): void {
  const inside = new Set(output.map(({ fileName }) => fileName));
  const imported = output
    .flatMap((file) => (file.type === 'chunk' ? [...file.imports, ...file.dynamicImports] : []))
    .filter((id) => !inside.has(id) && !isBuiltin(id))
    .map((id) => /^(?:@[^/]+\/)?[^/]+/.exec(id)![0]);
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const declared = Object.keys(manifest.dependencies).toSorted();
  const found = [...new Set(imported)].toSorted();
  if (found.join() === declared.join()) return;
  throw new Error(
    `expected the dependencies ${found.join(', ')} in the manifest, got ${declared.join(', ')}`,
  );
}
