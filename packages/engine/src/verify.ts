/** Checking all files of an engine's store on demand, slice by slice, between whatever else the event loop runs. */
import { ArgumentTypeError, assert } from '@htkv/state';
import type { LogStore, StoreCheck, VerifyProgress, VerifyReport } from '@htkv/storage';

import type { Environment } from './environment.ts';
import { checkKnownOptions, shown } from './known-options.ts';

export interface VerifyOptions {
  /** Ends the check early: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after every slice. What it throws ends the check. */
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
}

/** Throws a `TypeError` for anything that is no option. */
function checkVerifyOptions(options: VerifyOptions): void {
  checkKnownOptions(options, ['signal', 'onProgress'], 'the options');
  const { signal, onProgress } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new ArgumentTypeError(`expected signal to be an AbortSignal, got ${shown(signal)}`);
  }
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new ArgumentTypeError(`expected onProgress to be a function, got ${shown(onProgress)}`);
  }
}

/**
 * Checks everything and resolves with the report. `requireOpen` throws when the engine is closed. Rejects with a
 * `TypeError`, with the signal's reason, or with what `requireOpen` and `onProgress` throw.
 */
export async function runVerify(
  store: LogStore,
  options: VerifyOptions,
  environment: Environment,
  requireOpen: () => void,
): Promise<VerifyReport> {
  checkVerifyOptions(options);
  requireOpen();
  const { signal, onProgress } = options;
  const check = store.check();
  try {
    for (;;) {
      requireOpen();
      signal?.throwIfAborted();
      const progress = check.step();
      if (progress === undefined) return reportOf(check);
      onProgress?.(progress);
      await new Promise<void>((resolve) => environment.soon(resolve));
    }
  } finally {
    check.stop();
  }
}

function reportOf({ report }: StoreCheck): VerifyReport {
  assert(report !== undefined, 'a check that has come to its end has a report');
  return report;
}
