/**
 * Opening a store for the length of a command. Whatever happens in between, the store is closed, and a write counts
 * as done only when that went well, too.
 */
import { CodedError, SingleNodeEngine, type StoreConfig } from '@htkv/engine';

/** As often as a service may take away what is being read before that is told. */
const READINGS_MAX = 10;

/**
 * Runs `use` on the store in `dataDir`, which is only read: nothing is created, changed or locked.
 *
 * A service beside it may remove the file of a value that nothing needs any more but this opening. That is no damage: the
 * store is opened as it is by now, and `use` runs again, so it goes on where it was or begins anew. Where a file is missing
 * that is still needed, it is the new opening that says so.
 */
export async function readStore<Result>(
  dataDir: string,
  use: (engine: SingleNodeEngine) => Result | Promise<Result>,
): Promise<Result> {
  for (let reading = 1; ; reading += 1) {
    let isOpen = false;
    try {
      return await withEngine({ dataDir, readOnly: true, createIfMissing: false }, (engine) => {
        isOpen = true;
        return use(engine);
      });
    } catch (error) {
      if (!isOpen || reading === READINGS_MAX || !isFileGone(error)) throw error;
    }
  }
}

function isFileGone(error: unknown): boolean {
  return (
    error instanceof CodedError && error.code === 'STORAGE_CORRUPT' && error.details['actual'] === 'no file'
  );
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
