/**
 * Proves that the four tellings of the layer graph agree, by reading them all, and that the comparison notices each
 * kind of difference, by changing one telling at a time in memory.
 */

import { describe, expect, test } from 'vitest';
import { disagreements, parseDrawing, reachable, type TurboTagRules, type Workspace } from './layer-graph.ts';
import { parseJson, read, workspacePackages, type WorkspacePackage } from './repository.ts';

const turbo = parseJson(read('turbo.json')) as { boundaries: { tags: TurboTagRules } };
const typescript = parseJson(read('tsconfig.json')) as { references: { path: string }[] };

const real: Workspace = {
  drawing: parseDrawing(read('docs/architecture.md')),
  tagRules: turbo.boundaries.tags,
  packages: workspacePackages(),
  rootReferences: typescript.references
    .map(({ path }) => path)
    .filter((path) => path !== 'tsconfig.tests.json'),
};

test('the drawing, the tags, the manifests and the TypeScript references agree', () => {
  expect(disagreements(real)).toEqual([]);
});

test('the drawing shows the layers that are promised', () => {
  const reaches = (label: string): string[] => [...reachable(real.drawing, label)].toSorted();
  expect(reaches('base')).toEqual([]);
  expect(reaches('state')).toEqual(['base']);
  expect(reaches('storage')).toEqual(['base']);
  expect(reaches('crypto')).toEqual(['base']);
  expect(reaches('replication')).toEqual(['base', 'state']);
  expect(reaches('engine')).toEqual(['base', 'replication', 'state', 'storage']);
  expect(reaches('auth')).not.toContain('cli');
});

describe('a difference is noticed', () => {
  const edit = (label: string, change: (each: WorkspacePackage) => WorkspacePackage): Workspace => ({
    ...real,
    packages: real.packages.map((each) => (each.label === label ? change(each) : each)),
  });

  test('an arrow that is drawn and not declared', () => {
    const drawing = new Map(real.drawing).set('replication', new Set(['state', 'storage']));
    const found = disagreements({ ...real, drawing });
    expect(found).toContain(
      'workspace dependencies of packages/replication: expected [state, storage] as drawn, got [state]',
    );
    expect(found.some((line) => line.startsWith('tag replication of turbo.json allows'))).toBe(true);
  });

  test('a dependency that is declared and not drawn, even one for development only', () => {
    const changed = edit('replication', (each) => ({
      ...each,
      manifest: { ...each.manifest, devDependencies: { '@htkv/storage': 'workspace:^' } },
    }));
    expect(disagreements(changed)).toEqual([
      'workspace dependencies of packages/replication: expected [state] as drawn, got [state, storage]',
    ]);
  });

  test('a tag that allows more than is drawn', () => {
    const tagRules = { ...real.tagRules, state: { dependencies: { allow: ['base', 'storage'] } } };
    expect(disagreements({ ...real, tagRules })).toEqual([
      'tag state of turbo.json allows: expected [base] as drawn, got [base, storage]',
    ]);
  });

  test('a tag without a rule, and a package with the tag of another', () => {
    const tagRules = { ...real.tagRules, base: {} };
    expect(disagreements({ ...real, tagRules })).toHaveLength(1);
    expect(disagreements(edit('state', (each) => ({ ...each, tags: ['base'] })))).toEqual([
      'tags of packages/state/turbo.json: expected [state] as drawn, got [base]',
    ]);
  });

  test('a TypeScript reference that was forgotten', () => {
    expect(disagreements(edit('state', (each) => ({ ...each, references: [] })))).toEqual([
      'references of packages/state/tsconfig.json: expected [packages/base] as drawn, got []',
    ]);
    expect(disagreements({ ...real, rootReferences: real.rootReferences.slice(1) })).toHaveLength(1);
  });

  test('a package that nobody has drawn', () => {
    const [first] = real.packages;
    const stray: WorkspacePackage = {
      ...first!,
      directory: 'packages/stray',
      label: 'stray',
      tags: ['stray'],
      references: undefined,
      manifest: { name: '@htkv/stray', version: '0.0.0' },
    };
    expect(disagreements({ ...real, packages: [...real.packages, stray] })).toEqual([
      'packages/stray is missing from the drawing',
    ]);
  });

  test('a cycle, and a line that is no arrow', () => {
    const page = (lines: string): string => ['```layers', lines, '```'].join('\n');
    const cyclic = parseDrawing(page('a -> b\nb -> a'));
    expect(() => reachable(cyclic, 'a')).toThrow('the drawing has a cycle: a -> b -> a');
    expect(() => parseDrawing(page('a => b'))).toThrow('expected "a, b -> c, d"');
    expect(() => parseDrawing('no block')).toThrow('expected a ```layers block');
  });
});
