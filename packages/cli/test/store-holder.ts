/** Another process that has a store open, for the length of a test. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { onTestFinished } from 'vitest';

const PROGRAM = fileURLToPath(new URL('hold-store.ts', import.meta.url));

/** Resolves when the process has put `count` keys and waits. It is killed after the test if it is still there. */
export async function holdStore(dataDir: string, count: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [PROGRAM, dataDir, String(count)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const [said] = (await Promise.race([once(child.stdout, 'data'), exited])) as unknown[];
  if (String(said) !== 'ready\n') throw new Error(`expected the holder to be ready, got ${String(said)}`);
  return child;
}
