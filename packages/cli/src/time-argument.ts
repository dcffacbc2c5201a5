/** Moments and lengths of time as people and scripts write them, as milliseconds. */
import { InvalidArgumentError } from 'commander';

/** Of a day and, with its zone, a time of that day. */
const DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(\.\d+)?(Z|[+-]\d{2}:\d{2}))?$/;
/** As `--json` prints moments; fewer digits are no date that anybody means. */
const MILLISECONDS = /^\d{12,15}$/;
const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A date, a date and time, or milliseconds since the epoch. Throws what the parser tells as a wrong command line. */
export function moment(text: string): number {
  if (MILLISECONDS.test(text)) return Number(text);
  const milliseconds = DATE.test(text) && isDay(text.slice(0, 10)) ? Date.parse(text) : Number.NaN;
  if (Number.isSafeInteger(milliseconds) && milliseconds >= 0) return milliseconds;
  throw new InvalidArgumentError('Expected a date, a date and time with its zone, or milliseconds.');
}

/** Whether the calendar has that day: the parser of the platform takes February 30 for March 2. */
function isDay(text: string): boolean {
  const start = Date.parse(text);
  return !Number.isNaN(start) && new Date(start).toISOString().startsWith(text);
}

/** A length such as `90s`, `15m`, `12h` or `7d`; a number alone is milliseconds. */
export function duration(text: string): number {
  const match = /^(\d{1,15})(ms|s|m|h|d)?$/.exec(text);
  const milliseconds = match === null ? Number.NaN : Number(match[1]) * UNIT_MS[match[2] ?? 'ms']!;
  if (Number.isSafeInteger(milliseconds)) return milliseconds;
  throw new InvalidArgumentError('Expected a length of time, as 90s, 15m, 12h or 7d.');
}
