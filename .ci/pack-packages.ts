/**
 * Builds every package that is published and packs it as it would go to the registry: `pnpm pack` is what turns the
 * exports of the sources into those of `dist` and `workspace:` ranges into versions.
 */

import { existsSync, globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, runCommand, runTool } from './run-command.ts';
import { type Manifest, workspacePackages } from './tidy/repository.ts';

export interface PackedPackage {
  readonly directory: string;
  /** The manifest as it stands in the workspace, not as it is published. */
  readonly manifest: Manifest;
  /** Path of the tarball. */
  readonly tarball: string;
  /** Size of the tarball in bytes. */
  readonly bytes: number;
  /** What is inside, such as `dist/index.js`. */
  readonly files: readonly string[];
}

/**
 * Builds all published packages into their `dist`, and removes what earlier builds left behind there. A binary is made
 * of all that it runs.
 */
export function buildPackages(): void {
  const packages = publishedPackages();
  for (const { directory } of packages) removeStale(join(root, directory));
  runTool('typescript/bin/tsc', ['-b', ...packages.map(({ directory }) => directory)]);
  for (const { directory, manifest } of packages) {
    if (manifest.bin !== undefined) runCommand(process.execPath, [join(root, directory, 'bundle.ts')]);
  }
}

/** Builds and packs into the folder `target`, in the order of the workspace. */
export function packPackages(target: string): PackedPackage[] {
  buildPackages();
  return publishedPackages().map(({ directory, manifest }) => {
    const options = ['--dir', directory, 'pack', '--json', '--pack-destination', target];
    const output = runCommand('pnpm', options);
    const { filename, size, files } = JSON.parse(output) as {
      filename: string;
      size: number;
      files: { path: string }[];
    };
    return { directory, manifest, tarball: filename, bytes: size, files: files.map(({ path }) => path) };
  });
}

function publishedPackages(): { directory: string; manifest: Manifest }[] {
  return workspacePackages().filter(({ manifest }) => manifest.private !== true);
}

/** `tsc -b` never deletes: a source that is gone would still be published. */
function removeStale(directory: string): void {
  for (const file of globSync('dist/**/*.{js,d.ts}{,.map}', { cwd: directory })) {
    const source = file.replace(/^dist/, 'src').replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts');
    if (!existsSync(join(directory, source))) rmSync(join(directory, file));
  }
}
