/**
 * Proves that every package.json is complete and consistent: what a package exports while it is developed is what it
 * exports when it is published, nothing is installed behind the catalog's back, and the store depends on nothing from
 * outside the workspace.
 */

import { expect, test } from 'vitest';
import {
  exists,
  type Manifest,
  parseJson,
  read,
  workspacePackages,
  type WorkspacePackage,
} from './repository.ts';

const packages = workspacePackages();
const published = packages.filter(({ manifest }) => manifest.private !== true);
const label = ({ directory }: WorkspacePackage): string => directory;

/** The published counterpart of a source file: `./src/a/b.ts` becomes `./dist/a/b.js`. */
function built(targets: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(targets).map(([key, path]) => [key, path.replace(/^\.\/src\/(.+)\.ts$/, './dist/$1.js')]),
  );
}

test('the packages and the apps are published, everything else is private', () => {
  expect(published.map(label).filter((directory) => !/^(packages|apps)\//.test(directory))).toEqual([]);
  expect(published.length).toBeGreaterThanOrEqual(7);
});

test.for(published.map((each) => [label(each), each] as const))(
  '%s says what it is',
  ([directory, { manifest }]) => {
    const build = manifest.bin === undefined ? 'tsc -b' : 'tsc -b && node bundle.ts';
    expect(manifest).toMatchObject({
      type: 'module',
      license: 'MIT',
      engines: { node: '>=22.12' },
      repository: { type: 'git', directory },
      publishConfig: { access: 'public' },
      files: ['dist', '!dist/**/*.tsbuildinfo', 'src', 'README.md'],
      scripts: { build, test: `vitest run --root ../.. --passWithNoTests ${directory}/` },
    });
    expect(manifest.description).toMatch(/\w+/);
    expect(manifest.name).toBe(directory.replace(/^packages\//, '@htkv/').replace(/^apps\//, ''));
  },
);

test.for(published.map((each) => [label(each), each] as const))(
  '%s publishes what it exports',
  ([directory, each]) => {
    const { exports, bin, publishConfig, sideEffects } = each.manifest;
    expect(publishConfig?.exports ?? {}).toEqual(built(exports));
    expect(publishConfig?.bin ?? {}).toEqual(built(bin));
    expect(publishConfig?.executableFiles ?? []).toEqual(Object.values(publishConfig?.bin ?? {}));
    const targets = [...Object.values(exports ?? {}), ...Object.values(bin ?? {})];
    expect(targets.length).toBeGreaterThan(0);
    for (const target of targets) expect(exists(`${directory}/${target}`), target).toBe(true);
    for (const key of Object.keys(exports ?? {})) expect(key).not.toContain('*');
    expect(sideEffects).toBe(exports === undefined ? undefined : false);
  },
);

/** What published packages may take from outside. The store itself takes nothing. */
const fromOutside: Readonly<Record<string, readonly string[]>> = {
  // Its bundle has the packages of the workspace inside, and takes what they take.
  'apps/htkvctl': ['@clack/prompts', '@noble/hashes', 'bcryptjs', 'cbor-x', 'cli-table3', 'commander'],
  'packages/auth': ['cbor-x'],
  'packages/cli': ['@clack/prompts', 'cbor-x', 'cli-table3', 'commander'],
  'packages/crypto': ['@noble/ciphers', '@noble/hashes', 'bcryptjs'],
};

test.for(published.map((each) => [label(each), each] as const))(
  '%s takes nothing from outside at run time but what is agreed',
  ([directory, { manifest }]) => {
    const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = manifest;
    const own = new Set(packages.map((each) => each.manifest.name));
    const others = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }).filter(
      (name) => !own.has(name),
    );
    expect(others).toEqual(fromOutside[directory] ?? []);
  },
);

test.for(published.map((each) => label(each)))('%s has a README of at most 120 lines', (directory) => {
  expect(exists(`${directory}/README.md`)).toBe(true);
  expect(read(`${directory}/README.md`).split('\n').length).toBeLessThanOrEqual(121);
});

test('versions come from the workspace or from the catalog, which is exact', () => {
  const catalog = /^catalog:\n((?: {2}\S.*\n)+)/m.exec(read('pnpm-workspace.yaml'))?.[1] ?? '';
  const known = new Map(
    Array.from(catalog.matchAll(/^ {2}'?([^':]+)'?: (.+)$/gm), ([, name = '', version = '']) => [
      name,
      version,
    ]),
  );
  for (const version of known.values()) expect(version).toMatch(/^(npm:.+@)?\d+\.\d+\.\d+$/);

  const manifests = [
    ...packages.map(({ manifest }) => manifest),
    ...['package.json', '.ci/runtimes/package.json'].map((path) => parseJson(read(path)) as Manifest),
  ];
  const used = new Set<string>();
  for (const manifest of manifests) {
    for (const [name, range] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      const internal = packages.some((each) => each.manifest.name === name);
      expect(range, `${name} in ${manifest.name}`).toBe(internal ? 'workspace:^' : 'catalog:');
      if (!internal) used.add(name);
    }
  }
  expect([...used].toSorted()).toEqual([...known.keys()].toSorted());
});

test('installing runs scripts of Node alone, and takes nothing that is brand-new', () => {
  const settings = read('pnpm-workspace.yaml');
  const allowed = Array.from(settings.matchAll(/^ {2}(\S+): true$/gm), ([, name]) => name);
  expect(allowed).toEqual(['node']);
  expect(Number(/^minimumReleaseAge: (\d+)$/m.exec(settings)?.[1])).toBeGreaterThanOrEqual(1440);
  expect(settings).toMatch(/^catalogMode: strict$/m);
});

test('changesets version each published package by itself and leave the private ones alone', () => {
  expect(parseJson(read('.changeset/config.json'))).toMatchObject({
    access: 'public',
    fixed: [],
    linked: [],
    privatePackages: { version: false, tag: false },
  });
});
