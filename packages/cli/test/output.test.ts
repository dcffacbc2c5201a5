/**
 * Proves what happens to output that does not get through: a reader who has seen enough ends the command without a
 * word, any other failure is told, and a broken standard error changes nothing.
 */
import { Writable } from 'node:stream';

import { expect, test } from 'vitest';

import { CapturedStream } from './captured-io.ts';
import { storeOf } from './fresh-directory.ts';
import { Output } from '../src/output.ts';
import { run } from '../src/run.ts';

/** Takes `chunks` chunks, then fails as the system does. */
function failingStream(code: string, chunks = 0): Writable & { taken: number } {
  const stream = Object.assign(
    new Writable({
      write(_chunk, _encoding, callback) {
        // As late as it may be: the error event then comes when everybody who waits has been told.
        if (stream.taken === chunks) queueMicrotask(() => callback(Object.assign(new Error(code), { code })));
        else {
          stream.taken += 1;
          callback();
        }
      },
    }),
    { taken: 0 },
  );
  return stream;
}

async function listInto(stdout: Writable, stderr: Writable = new CapturedStream(false)): Promise<number> {
  const entries = Array.from({ length: 300 }, (_, index) => [`key:${index}`, 'v'.repeat(1000)] as const);
  return run(['list', '-d', await storeOf(entries)], { env: {}, stdin: [], stdout, stderr }, '1.2.3');
}

test.for(['EPIPE', 'EOF'])('a reader that goes away (%s) ends the command in silence', async (code) => {
  const stderr = new CapturedStream(false);
  const stdout = failingStream(code, 2);
  expect(await listInto(stdout, stderr)).toBe(0);
  expect(stderr.bytes.toString()).toBe('');
  expect(stdout.taken).toBe(2);
  expect(stdout.listenerCount('error')).toBe(0);
});

test('output that finds no room is a failure with the reason of the system', async () => {
  const stderr = new CapturedStream(false);
  expect(await listInto(failingStream('ENOSPC', 1), stderr)).toBe(1);
  expect(stderr.bytes.toString()).toBe('error: cannot write the output: ENOSPC (CLI_OUTPUT)\n');
});

test('a standard error that nobody reads changes no exit code', async () => {
  const io = { env: {}, stdin: [], stdout: new CapturedStream(false), stderr: failingStream('EPIPE') };
  expect(await run(['list'], io, '1.2.3')).toBe(2);
});

test('small pieces become one chunk, and nothing is written before it is full or flushed', async () => {
  const stream = new CapturedStream(false);
  const output = new Output(stream);
  for (let index = 0; index < 1000; index += 1) await output.write(`${index}\n`);
  expect(stream.chunks).toHaveLength(0);
  await output.flush();
  expect(stream.chunks).toHaveLength(1);
  await output.write(new Uint8Array(100_000));
  expect(stream.chunks).toHaveLength(2);
  await output.flush();
  expect(stream.chunks).toHaveLength(2);
});
