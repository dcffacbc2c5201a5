/**
 * Proves that files are named after the one thing they hold, by looking at every path of the repository; and that an
 * `index.ts` is an entry point and nothing but a list of names.
 */

import { describe, expect, test } from 'vitest';
import { listFiles, read, workspacePackages } from './repository.ts';

const drawers = /^(utils?|helpers?|common|misc|shared|types?|constants?|stuff|lib)$/;
const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** What is wrong with the name of a TypeScript file or of a folder on the way to it; `undefined` for a good name. */
function objection(path: string): string | undefined {
  const parts = path
    .split('/')
    .map((part) =>
      part.replace(/^\./, '').replace(/(\.(test|long|fuzz|model|crash|fault|bench|config))*\.ts$/, ''),
    );
  for (const part of parts) {
    if (drawers.test(part)) return `${path}: "${part}" says nothing about what is inside`;
    if (!kebabCase.test(part)) return `${path}: expected kebab-case, got "${part}"`;
  }
  return undefined;
}

/** What is left of an `index.ts` when comments and re-exports by name are taken away. */
function besidesReexports(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '')
    .replace(/export (?:type )?\{[^}]*\} from '[^']+';/g, '')
    .trim();
}

test('TypeScript files and their folders have names of their own, in kebab-case', () => {
  const paths = listFiles((path) => path.endsWith('.ts'));
  expect(paths.length).toBeGreaterThan(10);
  expect(paths.flatMap((path) => objection(path) ?? [])).toEqual([]);
});

test('index.ts exists at entry points only and re-exports by name', () => {
  const entryPoints = new Set(
    workspacePackages().flatMap(({ directory, manifest }) =>
      Object.values(manifest.exports ?? {}).map((target) => `${directory}/${target.replace('./', '')}`),
    ),
  );
  for (const path of listFiles((each) => /(^|\/)index\.ts$/.test(each))) {
    expect(entryPoints, `${path} is not an entry point`).toContain(path);
    expect(besidesReexports(read(path)), `${path} does more than re-export by name`).toBe('');
  }
});

describe('a bad name is noticed', () => {
  test.for([
    'packages/state/src/utils.ts',
    'packages/state/src/helpers/bytes.ts',
    'packages/a/test/types.test.ts',
  ])('a drawer: %s', (path) => expect(objection(path)).toContain('says nothing'));

  test.for([
    'packages/state/src/kvState.ts',
    'packages/state/src/KvState.ts',
    'packages/state/src/kv_state.ts',
  ])('another case: %s', (path) => expect(objection(path)).toContain('kebab-case'));

  test('an index that does something', () => {
    expect(besidesReexports("export { a } from './a.ts';\nexport type {\n  B,\n} from './b.ts';\n")).toBe('');
    expect(besidesReexports("export * from './a.ts';")).not.toBe('');
    expect(besidesReexports('export const a = 1;')).not.toBe('');
  });
});
