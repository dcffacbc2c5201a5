/**
 * Proves that each lock on the layers bites. A copy of the workspace is made in the temporary folder with the real
 * configuration; every test first sees the gate pass, then breaks one rule and sees that gate fail for that reason.
 *
 * The fifth lock, that the four tellings of the graph agree, is tried in `layer-graph.test.ts`.
 */

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { TrialWorkspace } from './trial-workspace.ts';

const upward = "import '@htkv/storage';\n";
const deep =
  "import { CodedError } from '@htkv/base/src/coded-error.ts';\n\nexport const error: typeof CodedError = CodedError;\n";

let trial: TrialWorkspace;

beforeAll(() => {
  trial = new TrialWorkspace(['base', 'state', 'storage', 'replication']);
  // Real sources come and go; the gates are tried on packages that hold just enough.
  for (const name of ['state', 'storage', 'replication']) {
    trial.remove(`packages/${name}/src`);
    trial.write(`packages/${name}/src/index.ts`, "export { name } from './name.ts';\n");
    trial.write(`packages/${name}/src/name.ts`, `export const name = '${name}';\n`);
  }
  trial.write('packages/storage/src/testing/index.ts', "export { name } from '../name.ts';\n");
});

afterEach(() => {
  trial.remove('packages/replication/src/trial.ts');
  trial.remove('packages/state/src/trial.ts');
});

afterAll(() => trial[Symbol.dispose]());

describe('lock 1: a package sees only what its package.json names', () => {
  test('the type checker does not find what is not declared', () => {
    expect(trial.typescript('packages/replication')).toEqual({ passed: true, output: '' });
    trial.write(
      'packages/replication/src/trial.ts',
      "import { name } from '@htkv/storage';\n\nexport const copy: string = name;\n",
    );
    const result = trial.typescript('packages/replication');
    expect(result.passed).toBe(false);
    expect(result.output).toMatch(/trial\.ts.*TS2307: Cannot find module '@htkv\/storage'/);
  });

  test('Node does not find it either', () => {
    trial.write('packages/replication/src/trial.ts', "import '@htkv/state';\n");
    expect(trial.node('packages/replication/src/trial.ts').passed).toBe(true);
    trial.write('packages/replication/src/trial.ts', upward);
    const result = trial.node('packages/replication/src/trial.ts');
    expect(result.passed).toBe(false);
    expect(result.output).toContain('ERR_MODULE_NOT_FOUND');
  });
});

describe('lock 2: turbo boundaries', () => {
  test('an import that is not declared is refused, also one of a type only', () => {
    expect(trial.boundaries().output).toContain('no issues found');
    for (const statement of [
      upward,
      "import type { name } from '@htkv/storage';\n\nexport type Copy = typeof name;\n",
    ]) {
      trial.write('packages/replication/src/trial.ts', statement);
      const result = trial.boundaries();
      expect(result.passed).toBe(false);
      expect(result.output).toContain('cannot import package `@htkv/storage` because it is not a dependency');
    }
  });

  test('a declared dependency against the tags is refused', () => {
    using changed = new TrialWorkspace(['base', 'state', 'storage', 'replication']);
    expect(changed.boundaries().passed).toBe(true);
    changed.declare('packages/replication', '@htkv/storage', 'packages/storage');
    const result = changed.boundaries();
    expect(result.passed).toBe(false);
    expect(result.output).toMatch(/replication[\s\S]*storage/);
  });

  test('a relative path out of the package is refused', () => {
    trial.write('packages/replication/src/trial.ts', "import '../../storage/src/name.ts';\n");
    const result = trial.boundaries();
    expect(result.passed).toBe(false);
    expect(result.output).toContain('leaves the package');
  });
});

describe('lock 3: closed exports', () => {
  test('the type checker finds no deep path', () => {
    trial.write('packages/state/src/trial.ts', deep);
    const result = trial.typescript('packages/state');
    expect(result.passed).toBe(false);
    expect(result.output).toContain("TS2307: Cannot find module '@htkv/base/src/coded-error.ts'");
  });

  test('Node refuses a deep path', () => {
    trial.write('packages/state/src/trial.ts', deep);
    const result = trial.node('packages/state/src/trial.ts');
    expect(result.passed).toBe(false);
    expect(result.output).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });
});

describe('lock 4: lint', () => {
  const cases: readonly { name: string; path: string; text: string; rule: string }[] = [
    {
      name: 'an arrow that points up',
      path: 'packages/replication/src/trial.ts',
      text: "import { name } from '@htkv/storage';\n\nexport const copy: string = name;\n",
      rule: 'no-restricted-imports',
    },
    { name: 'a deep import', path: 'packages/state/src/trial.ts', text: deep, rule: 'no-restricted-imports' },
    {
      name: 'a module of Node in a pure folder',
      path: 'packages/state/src/trial.ts',
      text: "import { hostname } from 'node:os';\n\nexport const host: string = hostname();\n",
      rule: 'no-restricted-imports',
    },
    {
      name: 'a clock in a pure folder',
      path: 'packages/state/src/trial.ts',
      text: 'export const now: number = Date.now();\n',
      rule: 'no-restricted-globals',
    },
    {
      name: 'a clock by its constructor',
      path: 'packages/replication/src/trial.ts',
      text: 'export const now: number = new Date().getTime();\n',
      rule: 'no-restricted-globals',
    },
    {
      name: 'randomness in a pure folder',
      path: 'packages/replication/src/trial.ts',
      text: 'export const dice: number = Math.random();\n',
      rule: 'no-restricted-properties',
    },
    {
      name: 'randomness of the platform in a pure folder',
      path: 'packages/state/src/trial.ts',
      text: 'export const id: string = crypto.randomUUID();\n',
      rule: 'no-restricted-globals',
    },
    {
      name: 'a timer in the pure format folder',
      path: 'packages/storage/src/format/trial.ts',
      text: 'export const later: unknown = setTimeout(String, 1);\n',
      rule: 'no-restricted-globals',
    },
    {
      name: 'the file system beside the file-system seam',
      path: 'packages/storage/src/log/trial.ts',
      text: "import { openSync } from 'node:fs';\n\nexport const open: typeof openSync = openSync;\n",
      rule: 'no-restricted-imports',
    },
    {
      name: 'a default export',
      path: 'packages/state/src/trial.ts',
      text: "const name = 'trial';\nexport default name;\n",
      rule: 'no-default-export',
    },
  ];

  test.for(cases)('$name is refused', ({ path, text, rule }) => {
    trial.write(path, 'export const fine: number = 1;\n');
    expect(trial.lint(path)).toMatchObject({ passed: true });
    trial.write(path, text);
    const result = trial.lint(path);
    trial.remove(path);
    expect(result.passed).toBe(false);
    expect(result.output).toContain(rule);
  });

  test.for(['packages/storage/src/fs/node-trial.ts', 'packages/storage/src/fs/directory-lock.ts'])(
    'the file system is allowed in %s',
    (path) => {
      trial.write(
        path,
        "import { openSync } from 'node:fs';\n\nexport const open: typeof openSync = openSync;\n",
      );
      const result = trial.lint(path);
      trial.remove(path);
      expect(result).toMatchObject({ passed: true });
    },
  );

  test('a cycle inside a package is refused', () => {
    trial.write('packages/state/src/left.ts', "export { right as left } from './right.ts';\n");
    trial.write('packages/state/src/right.ts', "export { left as right } from './left.ts';\n");
    const result = trial.lint('packages/state/src');
    trial.remove('packages/state/src/left.ts');
    trial.remove('packages/state/src/right.ts');
    expect(result.passed).toBe(false);
    expect(result.output).toContain('no-cycle');
  });
});
