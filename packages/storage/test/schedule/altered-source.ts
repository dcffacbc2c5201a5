/** For tests that make a source smaller or wrong on purpose. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export type Change = readonly [right: string, wrong: string];

/** The source at `url` with each `right`, which stands in it exactly once, replaced. */
export function alteredSource(url: URL, changes: readonly Change[]): { path: string; source: string } {
  let source = readFileSync(url, 'utf8');
  for (const [right, wrong] of changes) {
    const count = source.split(right).length - 1;
    if (count !== 1) throw new Error(`expected to find once in the source: ${right}; got it ${count} times`);
    source = source.replace(right, () => wrong);
  }
  return { path: fileURLToPath(url), source };
}
