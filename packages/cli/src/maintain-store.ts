/**
 * Upkeep of a store that may take long: the engine does it in many short turns, and Ctrl-C ends it between two of them
 * by closing the store in good order. What was done until then stays and is whole.
 */
import { errorCode, type SingleNodeEngine } from '@htkv/engine';

import type { CommandContext } from './command-context.ts';
import { interrupted } from './failure.ts';
import { interruptible } from './interruption.ts';
import { changeStore } from './open-store.ts';

/** Runs `work` on the store in `dataDir`, which must be there and which this process alone may write meanwhile. */
export function maintainStore<Result>(
  { io }: CommandContext,
  dataDir: string,
  work: (engine: SingleNodeEngine) => Promise<Result>,
): Promise<Result> {
  return interruptible(io, async (signal) => {
    if (signal.aborted) throw interrupted();
    return changeStore(dataDir, false, async (engine) => {
      if (signal.aborted) throw interrupted();
      let closing: Promise<void> | undefined;
      const close = (): void => {
        closing = engine.close();
        // Whoever waits for it below is told.
        closing.catch(() => undefined);
      };
      signal.addEventListener('abort', close, { once: true });
      try {
        return await work(engine);
      } catch (error) {
        if (!signal.aborted || errorCode(error) !== 'ENGINE_CLOSED') throw error;
        throw interrupted();
      } finally {
        signal.removeEventListener('abort', close);
        await closing;
      }
    });
  });
}
