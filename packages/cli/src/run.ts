/**
 * The one entry point: arguments in, bytes and an exit code out. It never throws and never ends the process, a
 * failure is one line on `stderr`, and data alone goes to `stdout`.
 */
import { styleOf } from './colours.ts';
import type { CommandContext } from './command-context.ts';
import { readConfigFile } from './config-file.ts';
import { ExitCode, exitCodeFor } from './exit-codes.ts';
import { errorLine, reportedCode } from './failure.ts';
import type { Io } from './io.ts';
import { AlreadyTold, Output, ReaderGone } from './output.ts';
import { runProgram } from './program.ts';
import { switchesOf, switchWords } from './switches.ts';

/**
 * Runs one command of `htkvctl`. `argv` holds what was typed behind the name of the program, `version` is what
 * `--version` prints. Resolves with the exit code when all output is written and the store is closed.
 */
export async function run(argv: readonly string[], io: Io, version: string): Promise<ExitCode> {
  const stdout = new Output(io.stdout);
  const stderr = new Output(io.stderr);
  try {
    return await attempt(argv, version, { io, stdout, stderr });
  } finally {
    await stdout.release();
    await stderr.release();
  }
}

async function attempt(
  argv: readonly string[],
  version: string,
  world: Pick<CommandContext, 'io' | 'stdout' | 'stderr'>,
): Promise<ExitCode> {
  const { io, stdout, stderr } = world;
  try {
    const config = readConfigFile(io.env);
    const { isQuiet, isPlain } = switchesOf(argv, config);
    const style = styleOf(io.stdout, io.env, isPlain);
    await runProgram(argv, version, {
      ...world,
      style,
      isQuiet,
      config,
      runWords: (words, anotherIo) =>
        run([...switchWords({ isQuiet, isPlain }), ...words], anotherIo, version),
    });
    await stdout.flush();
    await quietly(() => stderr.flush());
    return ExitCode.ok;
  } catch (error) {
    if (error instanceof ReaderGone) return ExitCode.ok;
    if (error instanceof AlreadyTold) return error.exitCode;
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
