/**
 * Proves that arbitrary bytes are either a command, whose encoding is those very bytes, or a
 * `STATE_MALFORMED_COMMAND`: no other error, no read past the end, no memory by an unbelievable length. Bytes are
 * random, or made from real commands by cutting, extending and changing them.
 */

import { errorCode } from '@htkv/base';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { decodeCommand, encodeCommand } from '../src/command-codec.ts';
import { plainCommand, SEED } from './arbitraries.ts';

/** Decodes from the middle of a larger array, where reading too far would go unnoticed by the platform. */
function decodeWithin(bytes: Uint8Array): 'command' | 'malformed' {
  const around = new Uint8Array(bytes.length + 64).fill(0xa5);
  around.set(bytes, 32);
  const within = around.subarray(32, 32 + bytes.length);
  let command;
  try {
    command = decodeCommand(within);
  } catch (error) {
    if (errorCode(error) !== 'STATE_MALFORMED_COMMAND') throw error;
    return 'malformed';
  }
  expect(encodeCommand(command)).toEqual(bytes);
  return 'command';
}

const change = fc.record({ place: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) });

test('random bytes', () => {
  const start = fc.constantFrom([], [1], [1, 1], [1, 2], [1, 3, 0], [1, 3, 1], [1, 4, 0, 0], [1, 4, 1, 1]);
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 60 }), (head, tail) => {
      expect(['command', 'malformed']).toContain(decodeWithin(Uint8Array.from([...head, ...tail])));
    }),
    { seed: SEED, numRuns: 10_000 },
  );
});

test('every beginning of a command, which is never a whole one', () => {
  fc.assert(
    fc.property(plainCommand, (command) => {
      const bytes = encodeCommand(command);
      for (let length = 0; length < bytes.length; length += 1) {
        expect(decodeWithin(bytes.subarray(0, length))).toBe('malformed');
      }
    }),
    { seed: SEED, numRuns: 200 },
  );
});

test('commands with bytes changed and appended', () => {
  const verdicts = { command: 0, malformed: 0 };
  fc.assert(
    fc.property(
      plainCommand,
      fc.array(change, { minLength: 1, maxLength: 4 }),
      fc.uint8Array({ maxLength: 2 }),
      (command, changes, tail) => {
        const encoded = encodeCommand(command);
        const bytes = new Uint8Array(encoded.length + tail.length);
        bytes.set(encoded);
        bytes.set(tail, encoded.length);
        // Mostly near the start, where the structure is.
        for (const { place, byte } of changes) bytes[place % Math.min(bytes.length, 24)] = byte;
        verdicts[decodeWithin(bytes)] += 1;
      },
    ),
    { seed: SEED, numRuns: 20_000 },
  );
  // Both verdicts have to occur often, or this proves nothing.
  expect(verdicts.command).toBeGreaterThan(500);
  expect(verdicts.malformed).toBeGreaterThan(500);
});
