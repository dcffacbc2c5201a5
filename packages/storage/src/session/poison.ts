/**
 * That writing has ended for good, and why: seen by all threads of a store, kept until it is opened again.
 */
import { CodedError, utf8, type ErrorDetails } from '@htkv/base';

import { Word, type ControlMemory } from '../control/shared-memory.ts';

export class Poison {
  readonly #words: Int32Array;
  readonly #text: Uint8Array;
  /** As this thread has met it, with its cause. */
  #own: CodedError | undefined;

  constructor(control: Pick<ControlMemory, 'words' | 'poisonText'>) {
    this.#words = control.words;
    this.#text = control.poisonText;
  }

  /** The failure that ended writing, if one did. */
  get failure(): CodedError | undefined {
    if (this.#own === undefined && Atomics.load(this.#words, Word.poison) !== 0) this.#own = this.#read();
    return this.#own;
  }

  /** Ends writing; the first failure stays the reason. The caller holds the store's lock. */
  set(failure: CodedError): void {
    if (this.failure !== undefined) return;
    this.#own = failure;
    const { code, message, details } = failure;
    let text = utf8(JSON.stringify({ code, message, details }));
    if (text.length > this.#text.length)
      text = utf8(JSON.stringify({ code, message: message.slice(0, 200) }));
    this.#text.set(text.subarray(0, this.#text.length));
    Atomics.store(this.#words, Word.poison, text.length);
  }

  #read(): CodedError {
    const length = Atomics.load(this.#words, Word.poison);
    const { code, message, details } = JSON.parse(new TextDecoder().decode(this.#text.slice(0, length))) as {
      readonly code: string;
      readonly message: string;
      readonly details?: ErrorDetails;
    };
    return new CodedError(code, message, details === undefined ? {} : { details });
  }
}
