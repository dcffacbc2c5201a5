/** What a worker thread needs to join an engine: plain data over shared memory, to be cloned and not to be stored. */
import { ArgumentTypeError } from '@htkv/state';
import type { StoreHandle } from '@htkv/storage';

import { shown } from './known-options.ts';
import type { CheckedConfig } from './store-config.ts';

export const HANDLE_KIND = 'htkv engine';

export interface EngineHandle {
  readonly kind: typeof HANDLE_KIND;
  readonly config: CheckedConfig;
  readonly store: StoreHandle;
}

/** Throws a `TypeError` unless `handle` came from `share`. */
export function checkHandle(handle: unknown): asserts handle is EngineHandle {
  const isHandle =
    typeof handle === 'object' && handle !== null && 'kind' in handle && handle.kind === HANDLE_KIND;
  if (!isHandle)
    throw new ArgumentTypeError(`expected handle to be what share() returned, got ${shown(handle)}`);
}
