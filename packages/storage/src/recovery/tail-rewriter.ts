/**
 * Writing records again that recovery found above the last proof: their sequences are kept, in as many groups as
 * memory and segments ask for, and all of them become the store's at once, when a manifest names their segments.
 */
import type { RecordAppender } from '../record-appender.ts';
import type { RecordHead, ValuePointer } from '../format/record.ts';
import { recordBytes } from '../format/record.ts';
import type { HybridLog } from '../log/hybrid-log.ts';
import type { Catalog } from '../manifest/catalog.ts';

/** A record that is written again as it was, sequence included. */
export interface RewrittenRecord {
  readonly head: RecordHead;
  readonly key: Uint8Array;
  readonly value: Uint8Array | ValuePointer | undefined;
}

export class TailRewriter {
  readonly #log: HybridLog;
  readonly #appender: RecordAppender;
  readonly #catalog: Catalog;
  /** Place of the record that is being written again; segments that are created begin with it. */
  #sequence = 0;

  constructor(log: HybridLog, appender: RecordAppender, catalog: Catalog) {
    this.#log = log;
    this.#appender = appender;
    this.#catalog = catalog;
  }

  /** Sequence of the record that is being written again, 0 if none is. */
  get sequence(): number {
    return this.#sequence;
  }

  /**
   * Writes records of a group again, behind those before; `firstSequence` is the place of its first write. Throws what
   * writing throws.
   */
  rewrite(records: readonly RewrittenRecord[], firstSequence: number): void {
    this.#sequence = Math.max(this.#sequence, firstSequence);
    for (const { head, key, value } of records) {
      if (head.relocated !== true) this.#sequence = head.sequence;
      this.#log.reserveOne(
        recordBytes(head.keyBytes, head.valueBytes, head.expiresAt !== undefined, head.separated),
      );
      this.#appender.rewrite(head, key, value);
    }
  }

  /** Makes what was written again durable, and the segments as they are now the store's. */
  finish(): void {
    this.#log.commit(true);
    this.#sequence = 0;
    this.#catalog.publish(false);
  }
}
