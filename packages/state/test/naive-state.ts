/**
 * The rules once more, as plainly as they can be said and sharing no code with the source: a list of records, searched
 * from the start and replaced by another list with every change.
 */

import { toHex } from '@htkv/base';

import type { KeyBounds, StampedBatch, StampedCommand, StampedSingle } from '../src/command.ts';

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
    if (!this.#holds(command)) return command.commands.map(() => 'conflict');
    const outcomes = command.commands.map((item) => this.#applySingle(item));
    const refused = outcomes.includes('conflict') || outcomes.includes('ignoredStale');
    if (command.atomic === 'allOrNothing' && refused) this.records = before;
    return outcomes;
  }

  #holds({ conditions = [], ranges = [], timestamp = 0 }: StampedBatch): boolean {
    const present = this.records.filter(
      ({ value, expiresAt }) => value !== undefined && (expiresAt === undefined || timestamp < expiresAt),
    );
    const areKeys = conditions.every(({ key, version }) => {
      return present.find((record) => record.key === toHex(key))?.version === version;
    });
    return areKeys && ranges.every((range) => naiveDigest(present, range) === range.digest);
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

/** FNV-1a with 64 bits, in large integers, over the version, the length and the bytes of each key of a range. */
export function naiveDigest(
  records: readonly Pick<NaiveRecord, 'key' | 'version'>[],
  range: KeyBounds,
): string {
  const { gt, gte, lt, lte } = range;
  const within = records
    .filter(({ key }) => gt === undefined || key > toHex(gt))
    .filter(({ key }) => gte === undefined || key >= toHex(gte))
    .filter(({ key }) => lt === undefined || key < toHex(lt))
    .filter(({ key }) => lte === undefined || key <= toHex(lte))
    .toSorted((left, right) => (left.key < right.key ? -1 : 1));
  const text = within
    .map(({ key, version }) => littleEndian(version) + littleEndian(key.length / 2) + key)
    .join('');
  let digest = 0xcbf2_9ce4_8422_2325n;
  for (const [byte] of text.matchAll(/../g)) {
    digest = BigInt.asUintN(64, (digest ^ BigInt(`0x${byte}`)) * 0x100_0000_01b3n);
  }
  return digest.toString(16).padStart(16, '0');
}

function littleEndian(integer: number): string {
  return (integer.toString(16).padStart(16, '0').match(/../g) ?? []).toReversed().join('');
}
