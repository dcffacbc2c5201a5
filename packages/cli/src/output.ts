/**
 * Writing to a stream that may be slow, full or closed. Pieces are gathered into chunks, and each chunk is waited
 * for, so a list of any size needs little memory. A reader that goes away ends the command without a word, as
 * `head` expects; any other failure is told.
 */
import { Buffer } from 'node:buffer';

import { errorCode } from '@htkv/engine';

import type { ExitCode } from './exit-codes.ts';
import { outputFailure } from './failure.ts';
import type { OutputStream } from './io.ts';

const CHUNK_BYTES = 64 * 1024;

/** Nobody reads the output any more. Unwinds the command; not a failure. */
export class ReaderGone extends Error {}

/** A failure that was told where it happened: only its exit code is left to give. */
export class AlreadyTold extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode) {
    super(`exit code ${exitCode}`);
    this.exitCode = exitCode;
  }
}

export class Output {
  readonly #stream: OutputStream;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #hasFailed = false;

  /** Listens to errors of `stream` until {@link release}. */
  constructor(stream: OutputStream) {
    this.#stream = stream;
    stream.on('error', toldByCallback);
  }

  /** A person is looking at it. */
  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  get columns(): number | undefined {
    return this.#stream.columns;
  }

  /**
   * Adds bytes, borrowed until the next {@link flush}, or text. Resolves when there is room for more. Rejects with
   * {@link ReaderGone} or `CLI_OUTPUT`.
   */
  async write(piece: Uint8Array | string): Promise<void> {
    const bytes = typeof piece === 'string' ? Buffer.from(piece, 'utf8') : piece;
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes >= CHUNK_BYTES) await this.flush();
  }

  /** Adds a line of JSON. Its members are a promise: further ones may be added, none changes or goes. */
  async writeJson(value: object): Promise<void> {
    await this.write(`${JSON.stringify(value)}\n`);
  }

  /** Resolves when the stream has taken everything. Rejects as {@link write} does. */
  async flush(): Promise<void> {
    if (this.#bytes === 0) return;
    const chunk = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces, this.#bytes);
    this.#pieces = [];
    this.#bytes = 0;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#stream.write(chunk, (error) => {
      if (error === undefined || error === null) resolve();
      else reject(failureOf(error));
    });
    try {
      await promise;
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
  }

  /** Leaves the stream as it was found. Its error event comes after the callback, so that is waited for. */
  async release(): Promise<void> {
    if (this.#hasFailed) await new Promise((resolve) => setImmediate(resolve));
    this.#stream.off('error', toldByCallback);
  }
}

function failureOf(error: Error): Error {
  const code = errorCode(error);
  return code === 'EPIPE' || code === 'EOF' ? new ReaderGone() : outputFailure(error);
}

/** A stream reports a failed write twice; without a listener the second report would end the process. */
function toldByCallback(): void {}
