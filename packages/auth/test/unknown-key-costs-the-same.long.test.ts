/**
 * Measures that a token of an unknown key takes as long as one with a wrong secret, both kept in memory: rounds of a
 * thousand checks of each kind in turn, compared by the medians of the rounds. Seconds long, and of use on a quiet
 * machine only, so not in the default run.
 */

import { SingleNodeEngine } from '@htkv/engine';
import { createArgon2AesGcmAuth } from '@htkv/auth';
import { expect, test } from 'vitest';

import { freshDirectory } from './fresh-directory.ts';
import { masterKey } from './trial-auth.ts';

const ROUNDS = 400;
const CHECKS = 1_000;

test('an unknown key and a wrong secret take the same time, and that is microseconds', async () => {
  await using engine = await SingleNodeEngine.open({ dataDir: freshDirectory() });
  const auth = createArgon2AesGcmAuth(engine, masterKey(7));
  const { userId } = await auth.createUser('captain', 'secret');
  const [{ keyId }, token] = await auth.createApiKey(userId, 'label', { scopes: ['read'] });
  await auth.authenticateApiKey(token);
  const secret = '0'.repeat(64);
  const tokens = { right: token, wrong: `${keyId}.${secret}`, unknown: `key-0123456789abcdef.${secret}` };
  const times = { right: [] as number[], wrong: [] as number[], unknown: [] as number[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const kind of ['right', 'wrong', 'unknown'] as const) {
      const start = performance.now();
      for (let check = 0; check < CHECKS; check += 1) await auth.authenticateApiKey(tokens[kind]);
      times[kind].push(performance.now() - start);
    }
  }
  const microseconds = (kind: keyof typeof times): number =>
    times[kind].toSorted((left, right) => left - right)[ROUNDS >> 1]!;
  const [right, wrong, unknown] = [microseconds('right'), microseconds('wrong'), microseconds('unknown')];
  process.stdout.write(
    `right ${right.toFixed(2)}, wrong secret ${wrong.toFixed(2)}, unknown key ${unknown.toFixed(2)} microseconds\n`,
  );
  expect(Math.abs(unknown - wrong) / wrong).toBeLessThan(0.1);
  expect(right).toBeLessThan(100);
  await auth.settled();
});
