/**
 * Proves that an unknown name and a wrong password, and an unknown key and a wrong secret, are told apart by nothing
 * that can be counted: the answer, the work of the hasher, the writes. How long it takes is measured by the long test
 * `unknown-user-costs-the-same.long.test.ts`.
 */

import { expect, test } from 'vitest';

import { rejection } from '../rejection.ts';
import { TrialAuth } from '../trial-auth.ts';

interface Traces {
  readonly answer: unknown;
  readonly hashes: number;
  readonly verifications: number;
  readonly writes: unknown;
}

async function tracesOf(trial: TrialAuth, call: () => Promise<unknown>): Promise<Traces> {
  const { hasher, engine } = trial;
  const [hashes, verifications, batches] = [hasher.hashes, hasher.verifications, engine.batches.length];
  const answer = await call().catch((error: unknown) => String(error));
  return {
    answer,
    hashes: hasher.hashes - hashes,
    verifications: hasher.verifications - verifications,
    writes: engine.batches
      .slice(batches)
      .map((batch) => batch.map((write) => ({ ...write, key: write.key.length }))),
  };
}

test('every attempt under an unknown name leaves the traces of a wrong password, until both are throttled', async () => {
  const trial = new TrialAuth({ throttle: { freeAttempts: 3 } });
  const { service } = trial;
  await service.createUserWithMetadata('captain', 'right', 'x'.repeat(1_000));
  await service.verifyPassword('captain', 'right');
  const answers = [];
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const known = await tracesOf(trial, () => service.verifyPassword('captain', 'wrong'));
    const unknown = await tracesOf(trial, () => service.verifyPassword('somebody', 'wrong'));
    expect(unknown.answer).toEqual(known.answer);
    expect([unknown.hashes, unknown.verifications]).toEqual([known.hashes, known.verifications]);
    expect(JSON.stringify(unknown.writes).replaceAll(/"ifVersion":\d+/g, '')).toBe(
      JSON.stringify(known.writes).replaceAll(/"ifVersion":\d+/g, ''),
    );
    answers.push(known.answer);
  }
  expect(answers.slice(0, 3)).toEqual([false, false, false]);
  expect(answers[4]).toMatch(/ms of patience/);
});

test('the first login of all verifies once, whether or not the name is known', async () => {
  for (const name of ['captain', 'somebody']) {
    const trial = new TrialAuth();
    await trial.service.createUser('captain', 'right');
    const { hashes, verifications } = await tracesOf(trial, () =>
      trial.service.verifyPassword(name, 'wrong'),
    );
    expect({ hashes, verifications }).toEqual({ hashes: 1, verifications: 1 });
  }
});

test('not even a password that fits the decoy opens a name that no user has', async () => {
  const trial = new TrialAuth();
  await trial.service.createUser('captain', 'right');
  trial.hasher.verify = () => Promise.resolve(true);
  expect(await trial.service.verifyPassword('captain', 'any')).toBe(true);
  expect(await trial.service.verifyPassword('nobody', 'any')).toBe(false);
  expect(await trial.service.changePassword('nobody', 'any', 'other')).toBe(false);
});

test('changing a password tells no more than a login does', async () => {
  const trial = new TrialAuth();
  await trial.service.createUser('captain', 'right');
  const known = await tracesOf(trial, () => trial.service.changePassword('captain', 'wrong', 'new'));
  const unknown = await tracesOf(trial, () => trial.service.changePassword('nobody', 'wrong', 'new'));
  expect([unknown.answer, unknown.verifications]).toEqual([known.answer, known.verifications]);
});

test('an unknown key and a wrong secret have the same answer and leave no traces', async () => {
  const trial = new TrialAuth();
  const { userId } = await trial.service.createUser('captain', 'secret');
  const [{ keyId }, token] = await trial.service.createApiKey(userId);
  const wrong = `${keyId}.${'0'.repeat(64)}`;
  const unknown = `key-0123456789abcdef.${token.slice(21)}`;
  for (const each of [wrong, unknown]) {
    const traces = await tracesOf(trial, () => trial.service.authenticateApiKey(each));
    expect(traces).toEqual({ answer: undefined, hashes: 0, verifications: 0, writes: [] });
  }
});

test("the secret of one key does not open another, and a key's record does not serve under another id", async () => {
  const trial = new TrialAuth();
  const { service, engine } = trial;
  const { userId } = await service.createUser('captain', 'secret');
  const [first, firstToken] = await service.createApiKey(userId);
  const [second, secondToken] = await service.createApiKey(userId);
  expect(await service.authenticateApiKey(first.keyId + secondToken.slice(20))).toBeUndefined();
  const [left, right] = [`auth/apikey/${first.keyId}`, `auth/apikey/${second.keyId}`];
  const [leftEntry, rightEntry] = [engine.entries.get(left)!, engine.entries.get(right)!];
  engine.entries.set(left, rightEntry).set(right, leftEntry);
  for (const token of [firstToken, secondToken, first.keyId + secondToken.slice(20)]) {
    expect(await service.authenticateApiKey(token)).toBeUndefined();
  }
});

test('no error message holds what was passed in', async () => {
  const trial = new TrialAuth({ throttle: { freeAttempts: 1 }, isKnownBadPassword: () => true });
  const { service } = trial;
  const name = 'unmistakable-name';
  const password = 'unmistakable-password';
  const errors = [
    await rejection(service.createUser(name, password)),
    await rejection(service.createUser(`${name}\u0000`, password)),
    await rejection(service.createUser(name, password.repeat(100))),
    await rejection(service.createApiKey(password)),
    await rejection(service.verifyPassword(name, { password } as unknown as string)),
  ];
  await service.verifyPassword(name, password);
  errors.push(await rejection(service.verifyPassword(name, password)));
  for (const error of errors)
    expect(`${error.message} ${JSON.stringify(error)}`).not.toContain('unmistakable');
});
