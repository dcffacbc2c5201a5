/**
 * Values whose files are not there, by the keys of the records that name them. Compaction removes a value when nobody needs
 * it any more, while the record that was replaced stays: only the newest record of a key has lost something.
 */
import { toHex, type CodedError } from '@htkv/base';

export class MissingValues {
  readonly #failures = new Map<string, CodedError>();

  /** The record that comes next in the log for `key` names a value that is not there. */
  add(key: Uint8Array, failure: CodedError): void {
    this.#failures.set(toHex(key), failure);
  }

  /** A record comes next in the log for `key`. */
  replace(key: Uint8Array): void {
    if (this.#failures.size > 0) this.#failures.delete(toHex(key));
  }

  /** What is missing once all records were seen. */
  get failures(): Iterable<CodedError> {
    return this.#failures.values();
  }
}
