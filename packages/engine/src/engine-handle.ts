/** What a worker thread needs to join an engine: plain data over shared memory, to be cloned and not to be stored. */
import { ArgumentTypeError } from '@htkv/state';
import { attachStore, type LogStore, type StoreHandle } from '@htkv/storage';

import type { Environment } from './environment.ts';
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

/** Joins, in a worker thread, the store that `handle` is of. Throws a `TypeError` for anything else than a handle. */
export function joinStore(handle: EngineHandle, environment: Environment): LogStore {
  checkHandle(handle);
  const { fileSystem, systemTime: now, randomBytes } = environment;
  return attachStore(handle.store, { fileSystem, now, randomBytes });
}
