/**
 * The real binary in a pseudo-terminal, which the tool `script` of every Unix makes: what is typed goes in, what a person
 * would see comes out, and Ctrl-C is a signal to whatever runs there.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';

import { onTestFinished } from 'vitest';

import { nodeArguments, plainEnvironment } from './binary.ts';

export class Terminal {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #closed: Promise<unknown[]>;
  #shown = '';
  #seen = 0;
  #onMore: () => void = () => undefined;

  /** Runs the binary. It is killed after the test if it is still there. */
  constructor(argumentsOfBinary: readonly string[], env: Record<string, string> = {}) {
    const command = [process.execPath, ...nodeArguments(argumentsOfBinary)];
    const words = command.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ');
    // A terminal that is made without a window has no width.
    const line = `stty rows 24 columns 100; exec ${words}`;
    // The tool of Linux takes a line for a shell, that of the BSDs takes words.
    const argv =
      process.platform === 'linux' ? ['-qec', line, '/dev/null'] : ['-q', '/dev/null', 'sh', '-c', line];
    this.#child = spawn('script', argv, {
      env: plainEnvironment({ TERM: 'xterm', SHELL: '/bin/sh', ...env }),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#closed = once(this.#child, 'close');
    this.#child.stdin.on('error', () => undefined);
    this.#child.stdout.on('data', (chunk: Uint8Array) => {
      this.#shown += Buffer.from(chunk).toString();
      this.#onMore();
    });
    onTestFinished(async () => {
      this.#child.kill('SIGKILL');
      await this.#closed;
    });
  }

  /** Resolves when what was shown since the last call matches, with all that was shown since then. */
  async shows(pattern: RegExp): Promise<string> {
    for (;;) {
      const fresh = stripVTControlCharacters(this.#shown.slice(this.#seen));
      if (pattern.test(fresh)) {
        this.#seen = this.#shown.length;
        return fresh;
      }
      const more = new Promise<'more'>((resolve) => {
        this.#onMore = () => resolve('more');
      });
      const happened = await Promise.race([more, this.#closed]);
      if (happened !== 'more' && !pattern.test(stripVTControlCharacters(this.#shown.slice(this.#seen)))) {
        throw new Error(`expected ${String(pattern)}, the terminal ended with ${JSON.stringify(fresh)}`);
      }
    }
  }

  type(text: string): void {
    this.#child.stdin.write(text);
  }

  /** The exit code, when the binary has ended. */
  async exitCode(): Promise<unknown> {
    const [code] = await this.#closed;
    return code;
  }

  /** Everything that was shown, as a person sees it. */
  get screen(): string {
    return stripVTControlCharacters(this.#shown).replaceAll('\r', '');
  }
}
