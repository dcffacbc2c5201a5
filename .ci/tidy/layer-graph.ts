/**
 * The layer graph, told four times: the drawing in `docs/architecture.md`, the tags of `turbo.json`, the
 * package.json files and the TypeScript references. {@link disagreements} says where two of them differ.
 *
 * The drawing is the `layers` block of the page, one `a, b -> c, d` a line. It may show packages that do not exist
 * yet; their tags must exist, their manifests cannot.
 */

import type { WorkspacePackage } from './repository.ts';

/** What each label may import directly. */
export type LayerGraph = ReadonlyMap<string, ReadonlySet<string>>;

export interface TurboTagRules {
  readonly [tag: string]: { readonly dependencies?: { readonly allow?: readonly string[] } };
}

export interface Workspace {
  readonly drawing: LayerGraph;
  readonly tagRules: TurboTagRules;
  readonly packages: readonly WorkspacePackage[];
  /** Directories that the root `tsconfig.json` refers to. */
  readonly rootReferences: readonly string[];
}

export function parseDrawing(page: string): LayerGraph {
  const block = /```layers\n([\s\S]*?)```/.exec(page)?.[1];
  if (block === undefined) throw new Error('expected a ```layers block in docs/architecture.md');
  const graph = new Map<string, Set<string>>();
  const arrowsOf = (label: string): Set<string> => {
    const known = graph.get(label) ?? new Set<string>();
    graph.set(label, known);
    return known;
  };
  for (const line of block.split('\n').filter((text) => text.trim() !== '')) {
    const [sources, targets, ...rest] = line
      .split('->')
      .map((side) => side.split(',').map((label) => label.trim()));
    if (sources === undefined || targets === undefined || rest.length > 0) {
      throw new Error(`expected "a, b -> c, d" in the drawing, got "${line}"`);
    }
    for (const target of targets) {
      arrowsOf(target);
      for (const source of sources) arrowsOf(source).add(target);
    }
  }
  return graph;
}

/** Everything that `label` reaches, itself excluded. Throws on a cycle. */
export function reachable(graph: LayerGraph, label: string, path: readonly string[] = []): Set<string> {
  if (path.includes(label)) throw new Error(`the drawing has a cycle: ${[...path, label].join(' -> ')}`);
  const found = new Set<string>();
  for (const target of graph.get(label) ?? []) {
    found.add(target);
    for (const further of reachable(graph, target, [...path, label])) found.add(further);
  }
  return found;
}

/** Every difference between the four tellings, one sentence each; empty when they agree. */
export function disagreements(workspace: Workspace): string[] {
  const { drawing, tagRules, packages, rootReferences } = workspace;
  const found: string[] = [];
  const compare = (what: string, expected: Iterable<string>, actual: Iterable<string>): void => {
    const [wanted, got] = [[...expected].toSorted().join(', '), [...actual].toSorted().join(', ')];
    if (wanted !== got) found.push(`${what}: expected [${wanted}] as drawn, got [${got}]`);
  };

  compare('tags of turbo.json', drawing.keys(), Object.keys(tagRules));
  for (const label of drawing.keys()) {
    compare(
      `tag ${label} of turbo.json allows`,
      reachable(drawing, label),
      tagRules[label]?.dependencies?.allow ?? ['(anything)'],
    );
  }

  const labelOf = new Map(packages.map((each) => [each.manifest.name, each.label]));
  const directoryOf = new Map(packages.map((each) => [each.label, each.directory]));
  for (const { label, directory, manifest, tags, references } of packages) {
    if (!drawing.has(label)) found.push(`${directory} is missing from the drawing`);
    compare(`tags of ${directory}/turbo.json`, [label], tags);
    const drawn = [...(drawing.get(label) ?? [])].filter((target) => directoryOf.has(target));
    const declared = Object.keys({
      ...manifest.dependencies,
      ...manifest.devDependencies,
      ...manifest.peerDependencies,
      ...manifest.optionalDependencies,
    });
    compare(
      `workspace dependencies of ${directory}`,
      drawn,
      declared.flatMap((name) => labelOf.get(name) ?? []),
    );
    if (references !== undefined) {
      compare(
        `references of ${directory}/tsconfig.json`,
        drawn.flatMap((each) => directoryOf.get(each) ?? []),
        references,
      );
    }
  }

  const built = packages.filter((each) => each.references !== undefined).map((each) => each.directory);
  compare('references of tsconfig.json', built, rootReferences);
  return found;
}
