/** A thread's turns at its store, with what the store does around each of them. */
import type { BackgroundCommit } from './io/background-commit.ts';
import type { HybridLog } from './log/hybrid-log.ts';
import type { RecordAppender } from './record-appender.ts';
import { repairStore } from './recovery/repair-store.ts';
import { StoreLock } from './session/store-lock.ts';
import { StoreSession, type TurnOwner } from './session/store-session.ts';
import type { FailureSettler } from './settle-failure.ts';
import type { StoreParts } from './store-parts.ts';

export interface SessionHooks {
  /** Commits by a thread of their own, if there are any by now. */
  background(): BackgroundCommit | undefined;
  /** A turn of a store that threads share is about to end. */
  end(): void;
}

export function newStoreSession(
  parts: StoreParts,
  log: HybridLog,
  appender: RecordAppender,
  failures: FailureSettler,
  hooks: SessionHooks,
): StoreSession {
  const { control, slots, slot, index, cell } = parts;
  const lock = new StoreLock(control.words, slots, slot);
  const owner: TurnOwner = {
    repair: () => repairStore(parts, log, appender, failures),
    changed: () => index.forget(),
    begin: () => {
      const background = hooks.background();
      if (cell.isDone || background?.isWaiting === true) background?.land();
    },
    end: () => hooks.end(),
  };
  return new StoreSession(control, lock, owner, parts.leave !== undefined);
}
