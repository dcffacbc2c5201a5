/**
 * A small copy of this workspace in the temporary folder, with the real configuration, in which a test may break a
 * rule and see which gate notices. Dependencies are linked as pnpm links them: a package sees what its package.json
 * names and nothing else; the tools come from the real installation.
 */

import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { root, workspacePackages } from './repository.ts';

const configuration = [
  'package.json',
  'pnpm-workspace.yaml',
  'pnpm-lock.yaml',
  'turbo.json',
  'tsconfig.base.json',
  'tsconfig.json',
  '.oxlintrc.json',
];

export interface GateResult {
  readonly passed: boolean;
  readonly output: string;
}

export class TrialWorkspace {
  readonly directory: string;

  /** Holds the named packages (`state`, not `@htkv/state`); their dependencies must be among them. */
  constructor(labels: readonly string[]) {
    this.directory = realpathSync(mkdtempSync(join(tmpdir(), 'htkv-trial-')));
    for (const file of configuration) cpSync(join(root, file), this.#path(file));
    symlinkSync(join(root, 'node_modules'), this.#path('node_modules'), 'junction');

    const members = workspacePackages().filter((each) => labels.includes(each.label));
    const directoryOf = new Map(members.map((each) => [each.manifest.name, each.directory]));
    for (const { directory, manifest } of members) {
      cpSync(join(root, directory), this.#path(directory), {
        recursive: true,
        filter: (source) => !['node_modules', 'dist', 'test', '.turbo'].includes(basename(source)),
      });
      for (const name of Object.keys(manifest.dependencies ?? {})) {
        const target = directoryOf.get(name);
        const installed = join(root, directory, 'node_modules', name);
        if (target !== undefined) this.link(directory, name, this.#path(target));
        else if (existsSync(installed)) this.link(directory, name, realpathSync(installed));
      }
    }
  }

  /** Writes a file, over an existing one if need be. */
  write(path: string, text: string): void {
    mkdirSync(dirname(this.#path(path)), { recursive: true });
    writeFileSync(this.#path(path), text);
  }

  remove(path: string): void {
    rmSync(this.#path(path), { recursive: true, force: true });
  }

  /** Adds a dependency to the package.json in `directory` and links it, as `pnpm add` would. */
  declare(directory: string, name: string, target: string): void {
    const path = this.#path(`${directory}/package.json`);
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as { dependencies?: Record<string, string> };
    this.write(
      `${directory}/package.json`,
      JSON.stringify({ ...manifest, dependencies: { ...manifest.dependencies, [name]: 'workspace:^' } }),
    );
    this.link(directory, name, this.#path(target));
  }

  /** Makes the package at `target`, an absolute path, resolve as `name` in `directory`. */
  link(directory: string, name: string, target: string): void {
    const path = this.#path(`${directory}/node_modules/${name}`);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(target, path, 'junction');
  }

  /** The type checker on one package, its sources only. */
  typescript(directory: string): GateResult {
    return this.#run(join(root, 'node_modules/typescript/bin/tsc'), [
      '-p',
      directory,
      '--noEmit',
      '--pretty',
      'false',
    ]);
  }

  /** Builds one package and everything below it. */
  build(directory: string): GateResult {
    return this.#run(join(root, 'node_modules/typescript/bin/tsc'), ['-b', directory, '--pretty', 'false']);
  }

  boundaries(): GateResult {
    return this.#run(join(root, 'node_modules/turbo/bin/turbo'), ['boundaries', '--no-color']);
  }

  lint(path: string): GateResult {
    return this.#run(join(root, 'node_modules/oxlint/bin/oxlint'), [
      '--deny-warnings',
      '--format=unix',
      path,
    ]);
  }

  /** Runs a file of the workspace with Node. */
  node(path: string): GateResult {
    return this.#run(this.#path(path), []);
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #path(path: string): string {
    return join(this.directory, path);
  }

  #run(script: string, options: readonly string[]): GateResult {
    const { status, stdout, stderr, error } = spawnSync(process.execPath, [script, ...options], {
      cwd: this.directory,
      encoding: 'utf8',
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', NO_COLOR: '1', FORCE_COLOR: '0' },
    });
    if (error !== undefined) throw error;
    return { passed: status === 0, output: stdout + stderr };
  }
}
