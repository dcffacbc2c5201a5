/** A store that takes part: what the benchmark asks of it. All keys and values are borrowed for the call. */
export interface Contestant {
  readonly name: string;
  /** What its durability rests on, for the reader. */
  readonly terms: string;
  /** Writes without waiting. */
  put(key: Uint8Array, value: Uint8Array): void;
  /** Resolves when everything written is on disk. */
  settle(): Promise<void>;
  /** Resolves when this write is on disk. */
  putDurably(key: Uint8Array, value: Uint8Array): Promise<unknown>;
  /** Whether the key is there; its value is brought to the caller. */
  get(key: Uint8Array): boolean;
  close(): Promise<void>;
}
