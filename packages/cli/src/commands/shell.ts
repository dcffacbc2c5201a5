/** `shell`: the commands without their beginning, line by line, with history and completion. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';

import type { Command } from 'commander';
import { errorCode } from '@htkv/engine';

import {
  addStoreCommand,
  dataDirOf,
  type CommandContext,
  type CommandDefinition,
} from '../command-context.ts';
import { commandTree, type CompletedCommand } from '../completion/command-tree.ts';
import { ExitCode } from '../exit-codes.ts';
import { errorLine, inputFailure, outputFailure, usage } from '../failure.ts';
import type { Io } from '../io.ts';
import { readStore } from '../open-store.ts';
import { AlreadyTold } from '../output.ts';
import { say } from '../say.ts';
import { completeLine } from '../shell/complete-line.ts';
import { splitWords } from '../shell/split-words.ts';

const PROMPT = 'htkv> ';
const HISTORY_LINES = 1000;
const KEYS_OFFERED = 20;
const END_WORDS: ReadonlySet<string> = new Set(['exit', 'quit']);

const EXAMPLE = `htkvctl shell ./kv-data
printf 'put a 1\\nput b 2\\n' | htkvctl shell ./kv-data`;

export const addShell: CommandDefinition = (program, context) => {
  addStoreCommand(program, 'shell', EXAMPLE)
    .summary('type commands line by line')
    .description(
      'Read commands line by line and run them on one store: get, put, list and all others, without htkvctl before ' +
        'them. Words are cut as a shell cuts them. Tab completes commands, options and keys. Each line opens the store ' +
        'anew, so a service is kept out no longer than a line takes. Questions are not asked: give --yes. Lines from a ' +
        'pipe end at the first that fails, with its exit code.',
    )
    .argument('[dir]', 'directory of the store, in place of --data-dir')
    .option('--history <file>', 'keep what was typed in a file, which then holds keys and values')
    .action(async (directory: string | undefined, words: { history?: string }, command: Command) => {
      const dataDir = dataDirOf(command, context, directory);
      const runLine = lineRunner(context, dataDir);
      const { stdin } = context.io;
      const isTerminal = 'isTTY' in stdin && stdin.isTTY === true;
      if (!isTerminal) return runPiped(context, runLine);
      const tree = commandTree(command.parent ?? command);
      return converse(context, dataDir, tree, words.history, runLine);
    });
};

/** Runs one line; `undefined` where it asks for the end. */
type RunLine = (line: string) => Promise<ExitCode | undefined>;

function lineRunner(context: CommandContext, dataDir: string): RunLine {
  const { io, runWords } = context;
  const { stdout, stderr } = io;
  // What follows a command on standard input are further commands, so none of them may read it.
  const env = { ...io.env, HTKV_DATA_DIR: dataDir };
  const world: Io = {
    stdin: [],
    stdout,
    stderr,
    env,
    on: (signal, listener) => io.on?.(signal, listener),
    off: (signal, listener) => io.off?.(signal, listener),
  };
  return async (line) => {
    let words: string[];
    try {
      words = splitWords(line);
      if (words[0] === 'shell') throw usage('expected another command than shell: this is one');
    } catch (error) {
      await context.stderr.write(errorLine(error));
      await context.stderr.flush();
      return ExitCode.usage;
    }
    if (words.length === 0) return ExitCode.ok;
    if (END_WORDS.has(words[0] ?? '')) return undefined;
    return runWords(words, world);
  };
}

async function runPiped({ io }: CommandContext, runLine: RunLine): Promise<void> {
  let rest = '';
  const decoder = new TextDecoder();
  const runAll = async (lines: readonly string[]): Promise<boolean> => {
    for (const line of lines) {
      const exitCode = await runLine(line);
      if (exitCode === undefined) return true;
      if (exitCode !== ExitCode.ok) throw new AlreadyTold(exitCode);
    }
    return false;
  };
  for await (const chunk of io.stdin) {
    const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n');
    rest = lines.pop() ?? '';
    if (await runAll(lines)) return;
  }
  await runAll([`${rest}${decoder.decode()}`]);
}

async function converse(
  context: CommandContext,
  dataDir: string,
  tree: CompletedCommand,
  historyPath: string | undefined,
  runLine: RunLine,
): Promise<void> {
  let history = historyPath === undefined ? [] : readHistory(historyPath);
  const ahead: TypedAhead = { lines: [], rest: '' };
  await say(context, `commands on ${dataDir}; help lists them, exit or Ctrl-D ends`);
  await context.stderr.flush();
  for (;;) {
    const line = ahead.lines.shift() ?? (await ask(context, dataDir, tree, history, ahead));
    if (line === undefined) break;
    if (line.trim() === '') continue;
    history = [line, ...history.filter((each) => each !== line)].slice(0, HISTORY_LINES);
    const exitCode = await runLine(line);
    if (exitCode === undefined) break;
    // Whoever interrupts a line does not mean the ones behind it either.
    if (exitCode === ExitCode.interrupted) ahead.lines = [];
  }
  if (historyPath !== undefined) writeHistory(historyPath, history);
}

/** What came in one piece with a line and behind it: whoever pastes several lines means all of them. */
interface TypedAhead {
  lines: string[];
  /** The last one, which has no end yet. */
  rest: string;
}

/**
 * One line, `undefined` for the end of all. The interface lives for one question, so that between questions Ctrl-C
 * belongs to the command that runs.
 */
async function ask(
  { io }: CommandContext,
  dataDir: string,
  tree: CompletedCommand,
  history: readonly string[],
  ahead: TypedAhead,
): Promise<string | undefined> {
  const lines = createInterface({
    input: io.stdin as unknown as Readable,
    output: io.stdout as unknown as Writable,
    terminal: true,
    history: [...history],
    historySize: HISTORY_LINES,
    completer: (line: string) => completeLine(line, tree, (prefix) => keysWith(dataDir, prefix)),
  });
  const ended = new AbortController();
  // Ctrl-C gives the line up, Ctrl-D ends the shell.
  lines.on('SIGINT', () => ended.abort('line'));
  lines.on('close', () => ended.abort('shell'));
  lines.on('line', (line) => ahead.lines.push(line));
  try {
    const answer = lines.question(PROMPT, { signal: ended.signal });
    if (ahead.rest !== '') lines.write(ahead.rest);
    return await answer;
  } catch (error) {
    if (!ended.signal.aborted) throw error;
    return ended.signal.reason === 'line' ? '' : undefined;
  } finally {
    const isCut = ended.signal.aborted;
    ahead.rest = isCut ? '' : lines.line;
    lines.close();
    if (isCut) io.stdout.write(new TextEncoder().encode('\n'), () => undefined);
  }
}

async function keysWith(dataDir: string, prefix: string): Promise<readonly string[]> {
  try {
    return await readStore(dataDir, (engine) => {
      const keys = engine.keys({ prefix, limit: KEYS_OFFERED }).toArray();
      return keys.map((key) => new TextDecoder().decode(key)).filter((key) => !key.includes('\uFFFD'));
    });
  } catch {
    // A store that cannot be read is told of when the command runs.
    return [];
  }
}

/** Newest first. Throws `CLI_INPUT`. */
function readHistory(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .reverse();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw inputFailure(`cannot read ${path}`, error);
  }
}

function writeHistory(path: string, history: readonly string[]): void {
  try {
    writeFileSync(path, `${history.toReversed().join('\n')}\n`, { mode: 0o600 });
  } catch (error) {
    throw outputFailure(error);
  }
}
