/**
 * The one entry point: arguments in, bytes and an exit code out. It never throws and never ends the process, a
 * failure is one line on `stderr`, and data alone goes to `stdout`.
 */
import { headingStyle } from './colours.ts';
import type { CommandContext } from './command-context.ts';
import { ExitCode, exitCodeFor } from './exit-codes.ts';
import { errorLine, reportedCode } from './failure.ts';
import type { Io } from './io.ts';
import { Output, ReaderGone } from './output.ts';
import { runProgram } from './program.ts';

/**
 * Runs one command of `htkvctl`. `argv` holds what was typed behind the name of the program, `version` is what
 * `--version` prints. Resolves with the exit code when all output is written and the store is closed.
 */
export async function run(argv: readonly string[], io: Io, version: string): Promise<ExitCode> {
  const stdout = new Output(io.stdout);
  const stderr = new Output(io.stderr);
  const styleHeading = headingStyle(io.stdout, io.env);
  try {
    return await attempt(argv, version, { io, stdout, stderr, styleHeading });
  } finally {
    await stdout.release();
    await stderr.release();
  }
}

async function attempt(argv: readonly string[], version: string, context: CommandContext): Promise<ExitCode> {
  const { stdout, stderr } = context;
  try {
    await runProgram(argv, version, context);
    await stdout.flush();
    await quietly(() => stderr.flush());
    return ExitCode.ok;
  } catch (error) {
    if (error instanceof ReaderGone) return ExitCode.ok;
    await quietly(() => stdout.flush());
    await quietly(() => stderr.write(errorLine(error)));
    await quietly(() => stderr.flush());
    return exitCodeFor(reportedCode(error));
  }
}

/** Once the outcome is known, nothing is left to tell a failure to. */
async function quietly(step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch {
    // The exit code says what there is to say.
  }
}
