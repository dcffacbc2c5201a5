/**
 * Opening a store for the length of a command. Whatever happens in between, the store is closed, and a write counts
 * as done only when that went well, too.
 */
import { SingleNodeEngine, type StoreConfig } from '@htkv/engine';

/** Runs `use` on the store in `dataDir`, which is only read: nothing is created, changed or locked. */
export function readStore<Result>(
  dataDir: string,
  use: (engine: SingleNodeEngine) => Result | Promise<Result>,
): Promise<Result> {
  return withEngine({ dataDir, readOnly: true, createIfMissing: false }, use);
}

/** Runs `use` on the store in `dataDir`, of which this process is the writer meanwhile. */
export function changeStore<Result>(
  dataDir: string,
  createIfMissing: boolean,
  use: (engine: SingleNodeEngine) => Result | Promise<Result>,
): Promise<Result> {
  return withEngine({ dataDir, createIfMissing }, use);
}

async function withEngine<Result>(
  config: StoreConfig,
  use: (engine: SingleNodeEngine) => Result | Promise<Result>,
): Promise<Result> {
  const engine = await SingleNodeEngine.open(config);
  try {
    return await use(engine);
  } finally {
    await engine.close();
  }
}
