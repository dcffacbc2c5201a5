/**
 * Loads modules in their steppable form (see `steppable-source.ts`), apart from the same modules in their own form.
 */
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { compileFunction } from 'node:vm';
import { parseAst } from 'vitest/node';

import { steppableNames, steppableText, type Module, type Node } from './steppable-source.ts';
import { stepper, type Steps } from './stepper.ts';

type Exports = Record<string, unknown>;

/** An object all of whose methods can be stopped, except for generators, which are what they were. */
export type SteppableMethods<T> = {
  readonly [K in keyof T]: T[K] extends (...values: infer V) => infer R
    ? R extends Generator
      ? T[K]
      : (...values: V) => Steps<R>
    : T[K];
};

/** A class all of whose methods can be stopped. */
export type Steppable<T> = T extends new (...values: infer V) => infer I
  ? new (...values: V) => SteppableMethods<I>
  : never;

/**
 * The exports of the modules at `urls`, which may import each other; whatever else they import stays as it is.
 * Their types are the caller's to say.
 */
export async function loadSteppable(urls: readonly URL[]): Promise<Exports[]> {
  const sources = urls.map((url) => readFileSync(url, 'utf8'));
  return loadSteppableText(urls.map((url, index) => ({ path: fileURLToPath(url), source: sources[index]! })));
}

/** As {@link loadSteppable}, of TypeScript that need not be in files. */
export async function loadSteppableText(
  files: readonly { readonly path: string; readonly source: string }[],
): Promise<Exports[]> {
  const modules = files.map(({ path, source }): Module => {
    const text = stripTypeScriptTypes(source);
    return { path, text, program: parseAst(text) as unknown as Node };
  });
  const names = steppableNames(modules);
  const loaded = new Map<string, Promise<Exports>>();
  const load = (path: string): Promise<Exports> => {
    const module = modules.find((each) => each.path === path);
    if (module === undefined) return import(/* @vite-ignore */ pathToFileURL(path).href) as Promise<Exports>;
    let exports = loaded.get(path);
    if (exports === undefined) {
      exports = evaluate(module, names, load);
      loaded.set(path, exports);
    }
    return exports;
  };
  return Promise.all(modules.map(({ path }) => load(path)));
}

async function evaluate(
  module: Module,
  names: ReadonlySet<string>,
  load: (path: string) => Promise<Exports>,
): Promise<Exports> {
  const specifiers = (module.program['body'] as Node[])
    .filter((node) => node.type === 'ImportDeclaration')
    .map((node) => (node['source'] as { value: string }).value);
  const imports = await Promise.all(
    specifiers.map((specifier) =>
      specifier.startsWith('.')
        ? load(resolve(dirname(module.path), specifier))
        : (import(/* @vite-ignore */ specifier) as Promise<Exports>),
    ),
  );
  const text = steppableText(module, names);
  const run = compileFunction(text, ['$', '$imports'], { filename: `${module.path}?steppable` });
  return run(stepper, imports) as Exports;
}
