/** The file that an export writes: new unless it goes on with one, made durable before it counts as done. */
import { closeSync, createReadStream, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

import { CodedError, errorCode } from '@htkv/engine';

import { inputFailure, outputFailure, targetTaken } from '../failure.ts';
import type { EntryCodec } from './transfer-format.ts';

/** What is whole in a file that an earlier export has begun. */
export interface BegunFile {
  readonly entries: number;
  readonly bytes: number;
  readonly lastKey: Uint8Array | undefined;
}

/** What an earlier export has put into the file; nothing if there is no file. Throws `CLI_INPUT`. */
export async function readBegunFile(path: string, codec: EntryCodec): Promise<BegunFile> {
  let begun: BegunFile = { entries: 0, bytes: 0, lastKey: undefined };
  try {
    for await (const { entry, end } of codec.read(createReadStream(path), true)) {
      begun = { entries: begun.entries + 1, bytes: end, lastKey: entry.key.slice() };
    }
  } catch (error) {
    if (error instanceof CodedError) throw error;
    if (errorCode(error) !== 'ENOENT') throw inputFailure(`cannot read ${path}`, error);
  }
  return begun;
}

export class TargetFile {
  readonly #path: string;
  readonly #descriptor: number;

  private constructor(path: string, descriptor: number) {
    this.#path = path;
    this.#descriptor = descriptor;
  }

  /** A new file. Throws `CLI_TARGET_TAKEN` or `CLI_OUTPUT`. */
  static create(path: string): TargetFile {
    try {
      return new TargetFile(path, openSync(path, 'wx', 0o600));
    } catch (error) {
      if (errorCode(error) === 'EEXIST') throw targetTaken(path, 'a file that is not there yet, or --resume');
      throw outputFailure(error);
    }
  }

  /** A file that is there, or a new one, cut to `bytes`. */
  static goOn(path: string, bytes: number): TargetFile {
    try {
      const descriptor = openSync(path, 'a', 0o600);
      ftruncateSync(descriptor, bytes);
      return new TargetFile(path, descriptor);
    } catch (error) {
      throw outputFailure(error);
    }
  }

  write(piece: Uint8Array | string): void {
    const bytes = typeof piece === 'string' ? new TextEncoder().encode(piece) : piece;
    try {
      for (let offset = 0; offset < bytes.length;) {
        offset += writeSync(this.#descriptor, bytes, offset);
      }
    } catch (error) {
      throw outputFailure(error);
    }
  }

  /** Returns when the file is on disk, and its name in its directory. */
  sync(): void {
    try {
      fsyncSync(this.#descriptor);
      const directory = openSync(dirname(this.#path), 'r');
      try {
        fsyncSync(directory);
      } finally {
        closeSync(directory);
      }
    } catch (error) {
      throw outputFailure(error);
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
