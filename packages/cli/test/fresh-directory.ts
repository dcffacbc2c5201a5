/** A directory of one test's own, and a store to put there. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { SingleNodeEngine, type BytesLike } from '@htkv/engine';
import { onTestFinished } from 'vitest';

/** The path of an empty directory that is removed after the test that asks for it. */
export function freshDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'htkv-cli-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** The directory of a store with these entries that was closed in good order. */
export async function storeOf(
  entries: Iterable<readonly [key: BytesLike, value: BytesLike]>,
  maxSegmentSize?: number,
): Promise<string> {
  const dataDir = join(freshDirectory(), 'store');
  const engine = await SingleNodeEngine.open({ dataDir, maxSegmentSize });
  for (const [key, value] of entries) engine.putSync(key, value);
  await engine.close();
  return dataDir;
}
