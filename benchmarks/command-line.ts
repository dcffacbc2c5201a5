/** The arguments of the benchmark: `[KEYS] [ROUNDS] [--only QUESTION]`. */
import { parseArgs } from 'node:util';

export interface Arguments {
  readonly keys: number;
  readonly rounds: number;
  /** Names of questions; all of them unless given. */
  readonly only: readonly string[];
}

const KEYS_MIN = 4096;
const KEYS_MAX = 10_000_000;
const ROUNDS_MAX = 100;

/** Throws a `RangeError` or `TypeError` that says what was expected. `questions` are the names that there are. */
export function readArguments(given: readonly string[], questions: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...given],
    options: { only: { type: 'string', multiple: true } },
    allowPositionals: true,
  });
  const [keys = '300000', rounds = '5', ...more] = positionals;
  if (more.length > 0) {
    throw new RangeError(`expected at most a number of keys and one of rounds, got ${more[0]} as well`);
  }
  for (const name of values.only ?? []) {
    if (questions.includes(name)) continue;
    throw new RangeError(`expected --only with one of ${questions.join(', ')}, got ${name}`);
  }
  return {
    keys: readNumber('keys', keys, KEYS_MIN, KEYS_MAX),
    rounds: readNumber('rounds', rounds, 1, ROUNDS_MAX),
    only: values.only ?? questions,
  };
}

function readNumber(what: string, given: string, least: number, most: number): number {
  const number = Number(given);
  if (/^\d+$/.test(given) && number >= least && number <= most) return number;
  throw new RangeError(`expected a number of ${what} from ${least} to ${most}, got ${given}`);
}
