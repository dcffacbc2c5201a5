/** The last that a thread does to a store; if it opened it, the last that anybody does. */
import { Field } from './control/store-fields.ts';
import type { StoreParts } from './store-parts.ts';

/** The store that is finished. */
export interface FinishedStore {
  readonly hasEnded: boolean;
  /** Waits for the commit that runs in the background. */
  settle(): void;
  commit(durable: boolean): void;
  /** Publishes the manifest that says that the log ends here. */
  publishEnd(): void;
}

/** `clockHighWaterKept` is what the manifest keeps of the noted time. */
export function finishStore(parts: StoreParts, store: FinishedStore, clockHighWaterKept: number): void {
  const isOwner = parts.leave === undefined;
  const { block } = parts.control;
  try {
    store.settle();
    if (parts.isReadOnly || parts.poison.failure !== undefined || store.hasEnded) return;
    store.commit(true);
    if (!isOwner) return;
    const isTimeNoted = parts.clock.highWater > clockHighWaterKept;
    if (block.get(Field.isClean) === 1 && !isTimeNoted) return;
    store.publishEnd();
  } finally {
    if (isOwner) block.set(Field.isClosed, 1);
  }
}
