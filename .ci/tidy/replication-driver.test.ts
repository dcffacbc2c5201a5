/**
 * Proves that a replicated log can drive engines without knowing them: the programs that do it, in the examples and in
 * the tests of the engine, import the commands and the seam and nothing else, and the example ends as it says.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';
import { parseDrawing } from './layer-graph.ts';
import { read, root } from './repository.ts';

const drivers = ['examples/ordered-log.ts', 'packages/engine/test/replicated-log.ts'];
const allowed = new Set(['@htkv/replication', '@htkv/state']);

/** What a program imports, in whichever form. */
function importsOf(text: string): string[] {
  const forms = [
    /\bfrom\s+['"]([^'"]+)['"]/g,
    /\bimport\s*\(?\s*['"]([^'"]+)['"]/g,
    /\brequire\s*\(\s*['"]([^'"]+)['"]/g,
  ];
  return forms.flatMap((form) => Array.from(text.matchAll(form), ([, name = '']) => name));
}

test('a log that drives engines imports the commands and the seam, and nothing else', () => {
  for (const driver of drivers) {
    const imports = importsOf(read(driver));
    expect(new Set(imports), driver).toEqual(allowed);
  }
});

test('and what it imports reaches no engine and no file', () => {
  const drawing = parseDrawing(read('docs/architecture.md'));
  expect([...drawing.get('replication')!]).toEqual(['state']);
  expect([...drawing.get('state')!]).toEqual(['base']);
});

test('every form of an import is noticed', () => {
  const text = `import type { A } from '@htkv/engine';\nimport "node:fs";\nexport { b } from './b.ts';\nawait import('c');\nrequire('d');`;
  expect(importsOf(text).toSorted()).toEqual(['./b.ts', '@htkv/engine', 'c', 'd', 'node:fs']);
});

test('the example ends with three stores in the same state', () => {
  const directory = mkdtempSync(join(tmpdir(), 'htkv-replication-'));
  try {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, 'examples/replication.ts'), directory],
      { encoding: 'utf8' },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const digests = Array.from(
      stdout.matchAll(/^ {2}(first|second|third) +([0-9a-f]{16})$/gm),
      ([, name, digest]) => ({
        name,
        digest,
      }),
    );
    expect(digests.map(({ name }) => name)).toEqual(['first', 'second', 'first', 'second', 'third']);
    expect(digests[1]!.digest).toBe(digests[0]!.digest);
    expect(new Set(digests.slice(2).map(({ digest }) => digest)).size).toBe(1);
    expect(digests[2]!.digest).not.toBe(digests[0]!.digest);
    expect(stdout).toContain('The third starts from a snapshot: 2 entries, and 1 delete to remember\n');
  } finally {
    rmSync(directory, { recursive: true });
  }
});
