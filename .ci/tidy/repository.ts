/**
 * The repository as the tidy tests see it: its files, and its packages as their manifests describe them. Everything
 * is read from disk, so the tests hold in a checkout without git as well; what git ignores is left out by name.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root: string = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

const ignoredNames = new Set([
  '.git',
  'node_modules',
  'dist',
  'coverage',
  '.turbo',
  '.DS_Store',
  '.idea',
  '.vscode',
]);

/** Paths of all files of the repository, relative to its root, with `/` between the parts, in order. */
export function listFiles(accept: (path: string) => boolean = () => true): string[] {
  const found: string[] = [];
  const visit = (directory: string): void => {
    for (const entry of readdirSync(join(root, directory), { withFileTypes: true })) {
      if (ignoredNames.has(entry.name) || /\.(tgz|log|tsbuildinfo)$/.test(entry.name)) continue;
      const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile() && accept(path)) found.push(path);
    }
  };
  visit('');
  return found.toSorted();
}

/** Whether `path` is a source file of something that is published. */
export function isSource(path: string): boolean {
  return /^(packages|apps)\/[^/]+\/src\/.*\.ts$/.test(path);
}

export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

export function exists(path: string): boolean {
  return existsSync(join(root, path));
}

/** Parses JSON that may hold comments, as the configuration of turbo, TypeScript and oxlint does. */
export function parseJson(text: string): unknown {
  const bare = text.replace(
    /("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (_, string?: string) => string ?? '',
  );
  return JSON.parse(bare);
}

type Exports = Readonly<Record<string, string>>;

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly type?: string;
  readonly license?: string;
  readonly description?: string;
  readonly sideEffects?: boolean;
  readonly engines?: Readonly<Record<string, string>>;
  readonly repository?: { readonly directory?: string };
  readonly files?: readonly string[];
  readonly bin?: Exports;
  readonly exports?: Exports;
  readonly publishConfig?: {
    readonly access?: string;
    readonly bin?: Exports;
    readonly exports?: Exports;
    readonly executableFiles?: readonly string[];
  };
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** One member of the workspace that holds code. */
export interface WorkspacePackage {
  /** Where it lives, such as `packages/state`. */
  readonly directory: string;
  /** What the drawing and the tags call it: the folder's name for a package, the path for everything else. */
  readonly label: string;
  readonly manifest: Manifest;
  readonly tags: readonly string[];
  /** Directories that its `tsconfig.json` refers to; `undefined` where it is not built. */
  readonly references: readonly string[] | undefined;
}

/** Members of the workspace that hold no code of their own. */
const withoutCode = new Set(['.ci/runtimes']);

export function workspacePackages(): WorkspacePackage[] {
  const patterns = /^packages:\n((?: {2}- .+\n)+)/m.exec(read('pnpm-workspace.yaml'))?.[1] ?? '';
  const directories = Array.from(patterns.matchAll(/- (.+)/g), (match) => match[1] ?? '').flatMap((pattern) =>
    pattern.endsWith('/*')
      ? readdirSync(join(root, pattern.slice(0, -2))).map((name) => `${pattern.slice(0, -2)}/${name}`)
      : [pattern],
  );
  return directories
    .filter((directory) => !withoutCode.has(directory) && exists(`${directory}/package.json`))
    .map((directory) => ({
      directory,
      label: directory.startsWith('packages/') ? directory.slice('packages/'.length) : directory,
      manifest: parseJson(read(`${directory}/package.json`)) as Manifest,
      tags: (parseJson(read(`${directory}/turbo.json`)) as { tags?: string[] }).tags ?? [],
      references: readReferences(directory),
    }));
}

function readReferences(directory: string): string[] | undefined {
  const path = `${directory}/tsconfig.json`;
  if (!exists(path)) return undefined;
  const { references = [] } = parseJson(read(path)) as { references?: { path: string }[] };
  return references.map((reference) => join(directory, reference.path).replaceAll('\\', '/'));
}
