/**
 * Gate: the packages work for somebody who has never seen this repository. Installs the packed tarballs with plain
 * npm in an empty project, once on every supported Node, and uses them by their names. Nothing is downloaded: the
 * store is installed from its own tarballs alone, which shows that it takes nothing from outside, and everything else
 * with those of what it takes.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeRuntimes, type NodeRuntime } from './node-runtimes.ts';
import { packDependencies } from './pack-dependencies.ts';
import { type PackedPackage, packPackages } from './pack-packages.ts';
import { runCommand, runScript, runTool } from './run-command.ts';

interface Tarballs {
  readonly ofStore: readonly string[];
  readonly ofOthers: readonly string[];
}

/** What takes something from outside, or stands on what does. */
const others = new Set(['@htkv/auth', '@htkv/cli', '@htkv/crypto', 'htkvctl']);

await runScript(() => {
  const folder = mkdtempSync(join(tmpdir(), 'htkv-smoke-'));
  try {
    const target = join(folder, 'tarballs');
    mkdirSync(target);
    const packed = packPackages(target);
    const tarballs: Tarballs = {
      ofStore: packed.filter(isStore).map(({ tarball }) => tarball),
      ofOthers: [
        ...packed.filter((each) => !isStore(each)).map(({ tarball }) => tarball),
        ...packDependencies(target),
      ],
    };
    for (const runtime of nodeRuntimes()) {
      const project = install(tarballs, join(folder, runtime.version), runtime);
      usePackages(project, runtime, packed);
      useBinary(project, runtime, packed);
      console.log(`Node ${runtime.version}: installed, imported, stored, read back and encrypted`);
    }
    checkTypes(install(tarballs, join(folder, 'types'), nodeRuntimes()[0]!), packed);
    console.log('The published types hold for a strict consumer without @types/node');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function isStore({ manifest }: PackedPackage): boolean {
  return !others.has(manifest.name);
}

function install(tarballs: Tarballs, project: string, { environment }: NodeRuntime): string {
  mkdirSync(project);
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'smoke', private: true, type: 'module' }),
  );
  const options = ['install', '--offline', '--no-audit', '--no-fund', '--loglevel=error'];
  for (const group of [tarballs.ofStore, tarballs.ofOthers]) {
    runCommand('npm', [...options, ...group], { directory: project, environment });
  }
  return project;
}

/** Imports every entry point of every package, finds deep paths closed, and stores something if there is an engine. */
function usePackages(
  project: string,
  { path, environment }: NodeRuntime,
  packed: readonly PackedPackage[],
): void {
  writeFileSync(
    join(project, 'use.js'),
    `
    import assert from 'node:assert/strict';

    for (const name of ${JSON.stringify(entryPoints(packed))}) {
      assert.match(import.meta.resolve(name), /\\/node_modules\\/.*\\/dist\\/.*\\.js$/);
      assert.notEqual(Object.keys(await import(name)).length, 0, name + ' exports nothing');
    }
    await assert.rejects(import('@htkv/base/dist/index.js'), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' });

    const { SingleNodeEngine } = await import('@htkv/engine');
    const first = await SingleNodeEngine.open({ dataDir: 'store' });
    assert.equal(await first.put('greeting', 'hello'), 'applied');
    await first.close();
    const second = await SingleNodeEngine.open({ dataDir: 'store' });
    assert.equal(new TextDecoder().decode(second.get('greeting')), 'hello');
    assert.equal(second.get('missing'), undefined);
    await second.close();

    // The worker thread starts from the packed files.
    const { AesGcmEncryptor, Argon2SecretHasher, BcryptSecretHasher } = await import('@htkv/crypto');
    for (const hasher of [new Argon2SecretHasher(), new BcryptSecretHasher({ cost: 10 })]) {
      assert.equal(await hasher.verify('secret', await hasher.hash('secret')), true);
    }
    const encryptor = new AesGcmEncryptor(new Uint8Array(32));
    const context = { record: 'user:1', field: 'note' };
    const note = new TextEncoder().encode('note');
    assert.deepEqual(encryptor.decrypt(encryptor.encrypt(note, context), context), note);
    `,
  );
  runCommand(path, ['use.js'], { directory: project, environment });
}

/** Runs `htkvctl` as npm has linked it. */
function useBinary(project: string, { environment }: NodeRuntime, packed: readonly PackedPackage[]): void {
  const run = (...options: string[]): string =>
    runCommand('npx', ['--no-install', 'htkvctl', ...options], { directory: project, environment }).trim();
  const { version } = packed.find(({ manifest }) => manifest.name === 'htkvctl')!.manifest;
  const said = run('--version');
  if (!said.includes(version)) throw new Error(`htkvctl --version: expected ${version}, got ${said}`);
  run('put', '--data-dir', 'shell-store', 'greeting', 'hello');
  const value = run('get', '--data-dir', 'shell-store', 'greeting');
  if (value !== 'hello') throw new Error(`htkvctl get: expected hello, got ${value}`);
  // A password takes one of the files of its own that the binary has for its threads, where Node cannot hash by itself.
  const adding = 'echo a long password | npx --no-install htkvctl user add --data-dir shell-store alice';
  const keyed = { ...environment, HTKV_MASTER_KEY: 'ab'.repeat(32) };
  const added = runCommand('sh', ['-c', adding], { directory: project, environment: keyed }).trim();
  if (run('list-users', 'shell-store') !== `alice (${added})`) throw new Error('htkvctl user add: no user');
}

/** Compiles a program that imports every entry point, with every check on and declarations looked into. */
function checkTypes(project: string, packed: readonly PackedPackage[]): void {
  const imports = entryPoints(packed).map((name, index) => `export * as entry${index} from '${name}';\n`);
  writeFileSync(join(project, 'consumer.ts'), imports.join(''));
  const flags = [
    '--noEmit',
    '--strict',
    '--exactOptionalPropertyTypes',
    '--module',
    'nodenext',
    '--types',
    '',
  ];
  const platform = ['--target', 'es2024', '--lib', 'es2024,esnext.disposable,dom'];
  runTool('typescript/bin/tsc', [...flags, ...platform, 'consumer.ts'], { directory: project });
}

function entryPoints(packed: readonly PackedPackage[]): string[] {
  return packed.flatMap(({ manifest }) =>
    Object.keys(manifest.exports ?? {}).map((key) => `${manifest.name}${key.slice(1)}`),
  );
}
