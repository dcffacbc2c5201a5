/** A directory of one test's own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

/** The path of an empty directory that is removed after the test that asks for it. */
export function freshDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'htkvctl-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
