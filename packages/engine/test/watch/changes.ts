/** Changes as texts, and ways to take some of a stream. */
import type { Change, ChangeStream } from '@htkv/engine';

import { text } from '../text.ts';

/** `3 set key = value` or `4 delete key`. */
export function shown(change: Change): string {
  const { sequence, type, key } = change;
  return type === 'set'
    ? `${sequence} set ${text(key)} = ${text(change.value)}`
    : `${sequence} delete ${text(key)}`;
}

/** The next `count` changes. */
export async function take(stream: ChangeStream<Change>, count: number): Promise<string[]> {
  const taken: string[] = [];
  while (taken.length < count) {
    const { done, value } = await stream.next();
    if (done === true) break;
    taken.push(shown(value));
  }
  return taken;
}

/** Everything to the end of a stream that has one. */
export async function all(stream: ChangeStream<Change>): Promise<string[]> {
  return take(stream, Number.POSITIVE_INFINITY);
}

/** Whether a promise has not settled once everything that is under way has run. */
export async function isWaiting(promise: Promise<unknown>): Promise<boolean> {
  let hasSettled = false;
  const settle = (): void => {
    hasSettled = true;
  };
  promise.then(settle, settle);
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return !hasSettled;
}
