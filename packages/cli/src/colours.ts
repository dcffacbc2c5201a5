/** Colours on a terminal, none anywhere else; `NO_COLOR` and `FORCE_COLOR` have the meaning that they have everywhere. */
import { styleText } from 'node:util';

import type { Io, OutputStream } from './io.ts';

/** How headings look on `stream`. */
export function headingStyle(stream: OutputStream, env: Io['env']): (text: string) => string {
  if (!hasColours(stream, env)) return (text) => text;
  return (text) => styleText('bold', text, { validateStream: false });
}

function hasColours(stream: OutputStream, env: Io['env']): boolean {
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false;
  const force = env['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}
