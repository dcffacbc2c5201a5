/** A world for a command: what it reads is given, what it writes is kept, and nothing else exists. */
import { Buffer } from 'node:buffer';
import { Writable } from 'node:stream';

import type { Io } from '../src/io.ts';
import { run } from '../src/run.ts';

export interface Surroundings {
  readonly env?: Record<string, string>;
  /** Chunks of standard input; there is none unless given. */
  readonly stdin?: readonly (Uint8Array | string)[];
  /** Somebody looks at the output. */
  readonly isTerminal?: boolean;
  /** Ctrl-C is pressed as soon as the command listens. */
  readonly isInterrupted?: boolean;
}

export interface Completed {
  readonly code: number;
  readonly bytes: Uint8Array;
  readonly stdout: string;
  readonly stderr: string;
}

/** Keeps what is written to it. */
export class CapturedStream extends Writable {
  readonly isTTY: boolean;
  readonly chunks: Buffer[] = [];

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  override _write(chunk: Buffer, _: string, callback: () => void): void {
    this.chunks.push(Buffer.from(chunk));
    callback();
  }
}

/** Runs a command in this process. */
export async function runCommand(
  argv: readonly string[],
  surroundings: Surroundings = {},
): Promise<Completed> {
  const { env = {}, stdin, isTerminal = false, isInterrupted = false } = surroundings;
  const stdout = new CapturedStream(isTerminal);
  const stderr = new CapturedStream(isTerminal);
  const on = (signal: string, listener: () => void): void => {
    if (isInterrupted && signal === 'SIGINT') listener();
  };
  const io: Io = { env, stdin: chunksOf(stdin), stdout, stderr, on, off: () => undefined };
  const code = await run(argv, io, '1.2.3');
  return { code, bytes: stdout.bytes, stdout: stdout.bytes.toString(), stderr: stderr.bytes.toString() };
}

async function* chunksOf(chunks: Surroundings['stdin']): AsyncGenerator<Uint8Array, void> {
  if (chunks === undefined) throw new Error('standard input was not to be read');
  for (const chunk of chunks) {
    await Promise.resolve();
    yield Buffer.from(chunk);
  }
}
