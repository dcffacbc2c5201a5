/**
 * What a command has of the world: three streams and the environment. Node's `process` is one; a test brings its
 * own. The streams are described by the few members that are used, so that the package needs no types of Node.
 */

/** Where bytes go. Node's writable streams are such. */
export interface OutputStream {
  /** A person is looking. */
  readonly isTTY?: boolean | undefined;
  /** Width of the terminal. */
  readonly columns?: number | undefined;
  /** Borrows `chunk` until `callback` is called, with an error if the chunk did not get through. */
  write(chunk: Uint8Array, callback: (error?: Error | null) => void): boolean;
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
}

/** Where bytes come from. Node's readable streams are such, and so is an array of chunks. */
export type InputStream = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** `process`, or something like it. */
export interface Io {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Hears of Ctrl-C and of a polite end; a world without it is never interrupted. */
  on?(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  off?(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
}
