/**
 * Proves that failures under a name slow further ones down, exponentially and within bounds, also when they come all
 * at once; that nobody is locked out for good; and that none of it tells whether a user has the name.
 */

import { AesGcmEncryptor } from '@htkv/crypto';
import { expect, test } from 'vitest';

import { StoredSecret } from '../../src/stored-secret.ts';
import { Throttle } from '../../src/throttle.ts';
import { rejection } from '../rejection.ts';
import { masterKey, TrialAuth } from '../trial-auth.ts';

const throttle = { freeAttempts: 3, delayMs: 1_000, delayMsMax: 8_000, forgetAfterMs: 100_000 };

test.for(['captain', 'nobody'])('the waits under %j grow, up to the longest', async (name) => {
  const trial = await trialWithCaptain();
  const waits = [];
  for (let failure = 0; failure < 9; failure += 1) {
    expect(await trial.service.verifyPassword(name, 'wrong')).toBe(false);
    const wait = nextWaitMs(trial, name);
    waits.push(wait);
    trial.now += wait;
  }
  expect(waits).toEqual([0, 0, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000, 8_000]);
});

test('a name waits by itself, whatever its spelling', async () => {
  const { service } = await trialWithCaptain();
  for (let failure = 0; failure < 3; failure += 1) await service.verifyPassword('CAPTAIN', 'wrong');
  expect(await rejection(service.verifyPassword('captain', 'right'))).toMatchObject({
    code: 'AUTH_THROTTLED',
    details: { retryAfterMs: 1_000 },
  });
  expect(await rejection(service.changePassword('captain', 'right', 'new'))).toMatchObject({
    code: 'AUTH_THROTTLED',
  });
  await service.createUser('other', 'right');
  expect(await service.verifyPassword('other', 'right')).toBe(true);
});

test('an attempt that has to wait is not looked at and counts as nothing, so the user gets in when the wait is over', async () => {
  const trial = await trialWithCaptain();
  const { service, hasher } = trial;
  for (let failure = 0; failure < 3; failure += 1) await service.verifyPassword('captain', 'wrong');
  const before = hasher.verifications;
  for (let index = 0; index < 100; index += 1) {
    trial.now += 9;
    expect(await rejection(service.verifyPassword('captain', 'wrong'))).toMatchObject({
      code: 'AUTH_THROTTLED',
    });
  }
  expect(hasher.verifications).toBe(before);
  expect((await service.findUser('captain'))?.failedAttempts).toBe(3);
  trial.now += 100;
  expect(await service.verifyPassword('captain', 'right')).toBe(true);
  expect((await service.findUser('captain'))?.failedAttempts).toBe(0);
  expect(await service.verifyPassword('captain', 'wrong')).toBe(false);
  expect(await service.verifyPassword('captain', 'right')).toBe(true);
});

test.for(['captain', 'nobody'])(
  'of a thousand guesses at once under %j only the free ones are looked at',
  async (name) => {
    const { service, hasher } = await trialWithCaptain();
    const before = hasher.verifications;
    const guesses = Array.from({ length: 1_000 }, (_, index) =>
      service.verifyPassword(name, `guess ${index}`),
    );
    const results = await Promise.allSettled(guesses);
    expect(hasher.verifications - before).toBe(3);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  },
);

test('failures that are old enough no longer count', async () => {
  const trial = await trialWithCaptain();
  const { service } = trial;
  for (let failure = 0; failure < 3; failure += 1) await service.verifyPassword('captain', 'wrong');
  trial.now += throttle.forgetAfterMs;
  expect((await service.findUser('captain'))?.failedAttempts).toBe(0);
  expect(await service.verifyPassword('captain', 'wrong')).toBe(false);
  expect((await service.findUser('captain'))?.failedAttempts).toBe(1);
});

test('a clock that is set back makes no wait longer', async () => {
  const trial = await trialWithCaptain();
  for (let failure = 0; failure < 6; failure += 1) {
    await trial.service.verifyPassword('captain', 'wrong');
    trial.now += nextWaitMs(trial, 'captain');
  }
  trial.now -= 10 * 365 * 86_400_000;
  expect(await trial.service.verifyPassword('captain', 'right')).toBe(true);
});

test('whoever tried a name before it had a user does not keep the user waiting', async () => {
  const { service } = await trialWithCaptain();
  for (let failure = 0; failure < 3; failure += 1) await service.verifyPassword('newcomer', 'guess');
  expect(await rejection(service.verifyPassword('newcomer', 'guess'))).toMatchObject({
    code: 'AUTH_THROTTLED',
  });
  expect(await service.createUser('newcomer', 'right')).toMatchObject({ failedAttempts: 0 });
  expect(await service.verifyPassword('newcomer', 'right')).toBe(true);
});

test('what is stored about failures has the same shape for every name, and does not show it', async () => {
  const { service, engine } = await trialWithCaptain();
  await service.verifyPassword('captain', 'wrong');
  const known = engine.batches.at(-1)!;
  await service.verifyPassword('s3cret typed as a name', 'wrong');
  const unknown = engine.batches.at(-1)!;
  expect([known.length, unknown.length]).toEqual([1, 1]);
  for (const { key } of [...known, ...unknown]) {
    expect(Buffer.from(key as Uint8Array).toString()).toMatch(/^auth\/attempts\/[0-9a-f]{64}$/);
  }
  const [withoutKey, other] = [known, unknown].map(([write]) => ({ ...write, key: undefined }));
  expect(withoutKey).toEqual(other);
});

async function trialWithCaptain(): Promise<TrialAuth> {
  const trial = new TrialAuth({ throttle });
  await trial.service.createUser('captain', 'right');
  return trial;
}

/** What the next attempt has to wait. One that need not wait would be made, so the question is asked of the store. */
function nextWaitMs(trial: TrialAuth, name: string): number {
  const keys = new StoredSecret(
    trial.engine,
    new AesGcmEncryptor(masterKey(7)),
    () => new Uint8Array(),
  ).existingKeys();
  return new Throttle(trial.engine, throttle, () => trial.now).waitMs(keys!.nameTag(name));
}
