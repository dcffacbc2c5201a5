/**
 * Ctrl-C in commands that must not stop just anywhere. The first one asks the command to come to an end where nothing
 * is half done; a second one ends the process at once, which the store survives like any crash.
 */
import { interrupted } from './failure.ts';
import type { InputStream, Io } from './io.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs `task` with a signal that is aborted when somebody interrupts. When it is, and `task` has come to its end, the
 * result is `CLI_INTERRUPTED`; what `task` throws meanwhile goes before.
 */
export async function interruptible<Result>(
  io: Io,
  task: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const abort = (): void => {
    for (const signal of SIGNALS) io.off?.(signal, abort);
    controller.abort();
  };
  for (const signal of SIGNALS) io.on?.(signal, abort);
  try {
    const result = await task(controller.signal);
    if (controller.signal.aborted) throw interrupted();
    return result;
  } finally {
    for (const signal of SIGNALS) io.off?.(signal, abort);
  }
}

/** The chunks of `stream` until `signal` is aborted, which also ends a wait for the next one. */
export async function* untilAborted(
  stream: InputStream,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const stop = (): void => {
    resolve(undefined);
    // A stream of Node that nobody reads any more would keep the process alive.
    if ('destroy' in stream && typeof stream.destroy === 'function') stream.destroy();
  };
  if (signal.aborted) return;
  signal.addEventListener('abort', stop, { once: true });
  try {
    const iterator =
      Symbol.asyncIterator in stream ? stream[Symbol.asyncIterator]() : stream[Symbol.iterator]();
    while (!signal.aborted) {
      const next = Promise.resolve(iterator.next());
      const step = await Promise.race([next, aborted]);
      if (step === undefined) {
        // Destroying the stream ends this read, in whatever way.
        next.catch(() => undefined);
        return;
      }
      if (step.done === true) return;
      yield step.value;
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
