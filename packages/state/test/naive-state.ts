/**
 * The rules once more, as plainly as they can be said and sharing no code with the source: a list of records, searched
 * from the start and replaced by another list with every change.
 */

import { toHex } from '@htkv/base';

import type { StampedCommand, StampedSingle } from '../src/command.ts';

export interface NaiveRecord {
  readonly key: string;
  /** `undefined` once deleted. */
  readonly value: string | undefined;
  readonly version: number;
  readonly timestamp: number;
  readonly expiresAt: number | undefined;
}

export class NaiveState {
  /** Never changed in place, so that another list means another state. */
  records: readonly NaiveRecord[] = [];

  apply(command: StampedCommand): string[] {
    if (command.type !== 'batch') return [this.#applySingle(command)];
    const before = this.records;
    const outcomes = command.commands.map((item) => this.#applySingle(item));
    const refused = outcomes.includes('conflict') || outcomes.includes('ignoredStale');
    if (command.atomic === 'allOrNothing' && refused) this.records = before;
    return outcomes;
  }

  #applySingle(command: StampedSingle): string {
    const key = toHex(command.key);
    const known = this.records.find((record) => record.key === key);
    let present = known !== undefined && known.value !== undefined;
    if (known?.expiresAt !== undefined && known.expiresAt <= command.timestamp) present = false;

    if (command.type === 'set' && command.ifAbsent === true && present) return 'conflict';
    if (command.ifPresent === true && !present) return 'conflict';
    if (command.ifVersion !== undefined && !present) return 'conflict';
    if (command.ifVersion !== undefined && known?.version !== command.ifVersion) return 'conflict';
    if (known !== undefined && known.version >= command.version) return 'ignoredStale';

    const { version, timestamp } = command;
    const others = this.records.filter((record) => record.key !== key);
    if (command.type === 'delete') {
      this.records = [...others, { key, value: undefined, version, timestamp, expiresAt: undefined }];
      return 'removed';
    }
    const { expiresAt } = command;
    this.records = [...others, { key, value: toHex(command.value), version, timestamp, expiresAt }];
    return 'applied';
  }
}
