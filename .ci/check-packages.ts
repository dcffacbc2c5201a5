/**
 * Gate: what would be published is right. Packs every package and looks at the tarball: `publint` and `attw` on the
 * manifest and the types, our own rules on what is inside.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PackedPackage, packPackages } from './pack-packages.ts';
import { runCommand, runScript, runTool } from './run-command.ts';

/** A library of source files has no business being larger; a fixture or a binary has slipped in. */
const tarballBytesMax = 1024 * 1024;

await runScript(() => {
  const folder = mkdtempSync(join(tmpdir(), 'htkv-pack-'));
  try {
    for (const packed of packPackages(folder)) {
      check(packed);
      const kilobytes = (packed.bytes / 1000).toFixed(1);
      console.log(
        `${packed.manifest.name} ${packed.manifest.version}: ${packed.files.length} files, ${kilobytes} kB, right`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function check({ manifest, tarball, bytes, files }: PackedPackage): void {
  const problems: string[] = [];
  for (const file of ['package.json', 'README.md', 'LICENSE']) {
    if (!files.includes(file)) problems.push(`${file} is missing`);
  }
  for (const file of files) {
    if (!/^(package\.json|README\.md|CHANGELOG\.md|LICENSE|(dist|src)\/.+\.(ts|js|map))$/.test(file)) {
      problems.push(`${file} does not belong into the package`);
    }
  }
  for (const target of Object.values({
    ...manifest.publishConfig?.exports,
    ...manifest.publishConfig?.bin,
  })) {
    if (!files.includes(target.replace('./', ''))) problems.push(`${target} is named and missing`);
  }
  if (bytes > tarballBytesMax) problems.push(`expected at most ${tarballBytesMax} bytes, got ${bytes}`);

  const published = runCommand('tar', ['-xOf', tarball, 'package/package.json']);
  if (/workspace:|catalog:|\.\/src\//.test(published))
    problems.push('the manifest still speaks of the workspace');
  if (problems.length > 0) throw new Error(`${manifest.name}:\n${problems.join('\n')}`);

  runTool('publint/src/cli.js', ['run', '--strict', tarball]);
  if (manifest.exports !== undefined) {
    runTool('@arethetypeswrong/cli/dist/index.js', [
      '--profile',
      'esm-only',
      '--no-definitely-typed',
      '--no-color',
      tarball,
    ]);
  }
}
