/**
 * Tarballs of everything that published packages take from outside, made from what pnpm has installed and verified.
 * With them an installation needs no network, and gets the very files that the tests ran on.
 */

import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { root, runCommand } from './run-command.ts';
import { type Manifest, workspacePackages } from './tidy/repository.ts';

/** Packs into the folder `target` and returns the paths of the tarballs, each dependency once. */
export function packDependencies(target: string): string[] {
  const tarballs = new Map<string, string>();
  for (const { directory, manifest } of workspacePackages()) {
    if (manifest.private !== true)
      packEach(join(root, directory, 'node_modules'), manifest, target, tarballs);
  }
  return [...tarballs.values()];
}

/** Packs what `manifest` names, as far as it is linked in `modules` from outside, and what that needs in turn. */
function packEach(modules: string, manifest: Manifest, target: string, tarballs: Map<string, string>): void {
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
    const link = join(modules, name);
    if (!existsSync(link)) continue;
    const directory = realpathSync(link);
    if (!directory.includes('node_modules') || tarballs.has(directory)) continue;
    const own = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
    tarballs.set(directory, pack(directory, own, target));
    packEach(join(directory, ...name.split('/').map(() => '..')), own, target, tarballs);
  }
}

function pack(directory: string, { name, version }: Manifest, target: string): string {
  const tarball = join(target, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
  const staging = join(target, 'staging');
  mkdirSync(staging);
  cpSync(directory, join(staging, 'package'), {
    recursive: true,
    filter: (source) => source === directory || basename(dirname(source)) !== 'node_modules',
  });
  runCommand('tar', ['-czf', tarball, '-C', staging, 'package']);
  rmSync(staging, { recursive: true });
  return tarball;
}
