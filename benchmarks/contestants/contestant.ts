/** A store that takes part. All keys and values are borrowed for the call. */
export interface Contestant {
  readonly name: string;
  /** Writes without waiting for the disk; a promise if the store wants to be waited for. */
  put(key: Uint8Array, value: Uint8Array): Promise<unknown> | undefined;
  /** Resolves when everything written is on disk. */
  settle(): Promise<void>;
  /** Resolves when the store has nothing more to do that could disturb others. */
  rest(): Promise<void>;
  close(): Promise<void>;
}

/** A store whose reads are asked for. */
export interface Reader {
  readonly name: string;
  get(key: Uint8Array): Uint8Array | undefined;
}

/** A store whose single durable writes are asked for. */
export interface DurableWriter {
  readonly name: string;
  /** Resolves when this write is on disk. */
  putDurably(key: Uint8Array, value: Uint8Array): Promise<unknown>;
}
