/**
 * Questions to a person. They are asked on `stderr`, so that data on `stdout` stays data, and only where somebody can
 * answer: a script is told which option it has to give. The library is loaded only when a question is asked.
 */
import { Buffer, isUtf8 } from 'node:buffer';
import type { Readable, Writable } from 'node:stream';

import type { CommandContext } from './command-context.ts';
import { declined, inputFailure, interrupted, usage } from './failure.ts';
import type { InputStream } from './io.ts';

/** Bytes of a password that are read from a pipe before it is clear that it is none. */
const SECRET_BYTES_MAX = 64 * 1024;

/**
 * Asks whether to do what cannot be taken back, unless `isYes`. Rejects with `CLI_DECLINED` for a no, and with
 * `CLI_USAGE` where nobody can be asked.
 */
export async function confirmOrRefuse(
  { io, stderr }: CommandContext,
  question: string,
  isYes: boolean,
): Promise<void> {
  if (isYes) return;
  const streams = terminalOf(io);
  if (streams === undefined) throw usage('expected --yes where nobody can be asked');
  await stderr.flush();
  const { confirm, isCancel } = await import('@clack/prompts');
  const answer = await confirm({ message: question, initialValue: false, withGuide: false, ...streams });
  if (isCancel(answer)) throw interrupted();
  if (!answer) throw declined();
}

/**
 * A secret: what a person types, twice if it is new, and on a terminal nowhere shown; without a terminal the first line
 * of standard input. `previous` takes the lines of standard input that were read before.
 */
export class SecretReader {
  readonly #context: CommandContext;
  #lines: string[] | undefined;

  constructor(context: CommandContext) {
    this.#context = context;
  }

  /** Rejects with `CLI_USAGE`, `CLI_INPUT` or `CLI_INTERRUPTED`. */
  async read(what: string, isNew: boolean): Promise<string> {
    const streams = terminalOf(this.#context.io);
    if (streams === undefined) return this.#nextLine(what);
    await this.#context.stderr.flush();
    const { password, isCancel } = await import('@clack/prompts');
    const ask = async (message: string): Promise<string> => {
      const answer = await password({ message, withGuide: false, ...streams });
      if (isCancel(answer)) throw interrupted();
      return answer ?? '';
    };
    const typed = await ask(what);
    if (isNew && (await ask(`${what}, once more`)) !== typed) throw usage('expected the same password twice');
    return typed;
  }

  async #nextLine(what: string): Promise<string> {
    this.#lines ??= await linesOf(this.#context.io.stdin);
    const line = this.#lines.shift();
    if (line === undefined || line === '') throw usage(`expected ${what} as a line of standard input`);
    return line;
  }
}

interface TerminalStreams {
  readonly input: Readable;
  readonly output: Writable;
}

/** The streams of a person, if both directions lead to one. */
function terminalOf({ stdin, stderr }: CommandContext['io']): TerminalStreams | undefined {
  const isTerminal = 'isTTY' in stdin && stdin.isTTY === true && stderr.isTTY === true;
  if (!isTerminal) return undefined;
  return { input: stdin as unknown as Readable, output: stderr as unknown as Writable };
}

async function linesOf(stdin: InputStream): Promise<string[]> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of stdin) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > SECRET_BYTES_MAX) break;
    }
  } catch (error) {
    throw inputFailure('cannot read standard input', error);
  }
  if (bytes > SECRET_BYTES_MAX) throw usage('expected lines with passwords on standard input, got more');
  const all = Buffer.concat(chunks);
  // Bytes that are no text would all become the same replacement: a password that others fit, too.
  if (!isUtf8(all)) throw usage('expected passwords on standard input as UTF-8');
  return all
    .toString('utf8')
    .split('\n')
    .map((line) => line.replace(/\r$/, ''));
}
