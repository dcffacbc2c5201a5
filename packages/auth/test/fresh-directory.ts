/** A directory for the store of one test, removed when the test is over. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

export function freshDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'htkv-auth-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
