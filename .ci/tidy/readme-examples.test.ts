/**
 * Proves that every TypeScript example in a README compiles under the rules of the workspace and runs. Each is put
 * into a copy of the package that it belongs to; those of the first page and of the ones in docs
 * belong to the engine.
 */

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { exists, read, workspacePackages } from './repository.ts';
import { TrialWorkspace } from './trial-workspace.ts';

const members = workspacePackages().filter(({ directory }) => /^(packages|apps)\//.test(directory));

const examples = [
  { page: 'README.md', directory: 'packages/engine' },
  { page: 'docs/threads.md', directory: 'packages/engine' },
  { page: 'docs/snapshots.md', directory: 'packages/engine' },
  { page: 'docs/transactions.md', directory: 'packages/engine' },
  { page: 'docs/watch.md', directory: 'packages/engine' },
  ...members.map(({ directory }) => ({ page: `${directory}/README.md`, directory })),
]
  .filter(({ page }) => exists(page))
  .flatMap(({ page, directory }) =>
    Array.from(read(page).matchAll(/^```ts\n([\s\S]*?)^```$/gm), ([, text = ''], index) => ({
      name: `${page}, example ${index + 1}`,
      directory,
      path: `${directory}/src/example-${index + 1}-of-${page.length}.ts`,
      text,
    })),
  );

let trial: TrialWorkspace;

beforeAll(() => {
  trial = new TrialWorkspace(members.map(({ label }) => label));
});

afterEach(() => {
  for (const { path } of examples) trial.remove(path);
  trial.remove('kv-data');
});

afterAll(() => trial[Symbol.dispose]());

test('there are examples, and that of the first page is one of them', () => {
  expect(examples.map(({ name }) => name)).toContain('README.md, example 1');
  expect(examples.length).toBeGreaterThanOrEqual(5);
});

test.for(examples)('$name compiles and runs', ({ directory, path, text }) => {
  trial.write(path, text);
  expect(trial.build(directory)).toEqual({ passed: true, output: '' });
  const { passed, output } = trial.node(path);
  expect(output).not.toBe('');
  expect(passed, output).toBe(true);
});
