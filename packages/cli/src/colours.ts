/** Colours on a terminal, none anywhere else; `NO_COLOR` and `FORCE_COLOR` have the meaning that they have everywhere. */
import { styleText } from 'node:util';

import type { Io, OutputStream } from './io.ts';

/** How kinds of words look on a stream. */
export interface Style {
  readonly heading: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly dim: (text: string) => string;
}

const PLAIN: Style = {
  heading: (text) => text,
  good: (text) => text,
  bad: (text) => text,
  dim: (text) => text,
};

const COLOURED: Style = {
  heading: (text) => styleText('bold', text, { validateStream: false }),
  good: (text) => styleText('green', text, { validateStream: false }),
  bad: (text) => styleText('red', text, { validateStream: false }),
  dim: (text) => styleText('dim', text, { validateStream: false }),
};

/** How words look on `stream`. `isPlain` wins over everything. */
export function styleOf(stream: OutputStream, env: Io['env'], isPlain: boolean): Style {
  return !isPlain && hasColours(stream, env) ? COLOURED : PLAIN;
}

function hasColours(stream: OutputStream, env: Io['env']): boolean {
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false;
  const force = env['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}
