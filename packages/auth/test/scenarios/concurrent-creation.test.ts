/**
 * Proves that of several who make a user of one name at the same time exactly one succeeds, that nothing of the others
 * is left, and that a change to a user and a new key never lose each other: on one engine, and behind a log that
 * delays every write so that all of them have looked before the first is applied.
 */

import { AesGcmEncryptor } from '@htkv/crypto';
import { SingleNodeEngine } from '@htkv/engine';
import { AuthService, type AuthStore } from '@htkv/auth';
import { describe, expect, test } from 'vitest';

import { DelayedLog } from '../delayed-log.ts';
import { freshDirectory } from '../fresh-directory.ts';
import { QuickHasher } from '../quick-hasher.ts';
import { masterKey } from '../trial-auth.ts';

const settings: readonly { name: string; members: (engine: SingleNodeEngine) => AuthStore[] }[] = [
  { name: 'on one engine', members: (engine) => Array.from({ length: 4 }, () => engine) },
  {
    name: 'behind a command submitter',
    members: (engine) => {
      const log = new DelayedLog(engine);
      return Array.from({ length: 4 }, () => log.member());
    },
  },
];

describe.for(settings)('$name', ({ members }) => {
  async function openServices(): Promise<{ engine: SingleNodeEngine; services: AuthService[] }> {
    const engine = await SingleNodeEngine.open({ dataDir: freshDirectory() });
    const services = members(engine).map(
      (store) => new AuthService(store, new QuickHasher(), new AesGcmEncryptor(masterKey(7))),
    );
    return { engine, services };
  }

  test('one name has exactly one winner', async () => {
    const { engine, services } = await openServices();
    for (let round = 0; round < 10; round += 1) {
      const spellings = [`name ${round}`, `NAME ${round}`, ` Name ${round} `, `ｎame ${round}`];
      const results = await Promise.allSettled(
        Array.from({ length: 12 }, (_, index) =>
          services[index % 4]!.createUser(spellings[index % 4]!, `password ${index}`),
        ),
      );
      const winners = results.flatMap((result, index) => (result.status === 'fulfilled' ? [index] : []));
      expect(winners).toHaveLength(1);
      for (const result of results) {
        if (result.status === 'rejected')
          expect(result.reason).toMatchObject({ code: 'AUTH_USERNAME_TAKEN' });
      }
      expect(await services[0]!.verifyPassword(`name ${round}`, `password ${winners[0]}`)).toBe(true);
    }
    expect(engine.getPrefix('auth/user/')).toHaveLength(10);
    expect(engine.getPrefix('auth/user_by_name/')).toHaveLength(10);
    expect(engine.getPrefix('auth/secret')).toHaveLength(1);
    await engine.close();
  });

  test('keys that are made while their owner is deleted do not outlive the owner', async () => {
    const { engine, services } = await openServices();
    let refused = 0;
    for (let round = 0; round < 10; round += 1) {
      const { userId } = await services[0]!.createUser('owner', 'secret');
      const results = await Promise.allSettled([
        services[1]!.createApiKey(userId),
        services[2]!.createApiKey(userId),
        services[0]!.deleteUser(userId),
        services[3]!.createApiKey(userId),
        services[1]!.createApiKey(userId),
      ]);
      for (const result of results) {
        if (result.status === 'fulfilled') continue;
        refused += 1;
        expect(result.reason).toMatchObject({ code: 'AUTH_USER_NOT_FOUND' });
      }
      expect(engine.getPrefix('auth/apikey')).toEqual([]);
      expect(engine.getPrefix('auth/user')).toEqual([]);
    }
    expect(refused).toBeGreaterThan(0);
    await engine.close();
  });

  test('a password is changed by exactly one of those who know the old one', async () => {
    const { engine, services } = await openServices();
    await services[0]!.createUser('alice', 'old');
    const results = await Promise.all(
      services.map((service, index) => service.changePassword('alice', 'old', `new ${index}`)),
    );
    expect(results.filter(Boolean)).toHaveLength(1);
    expect(await services[0]!.verifyPassword('alice', `new ${results.indexOf(true)}`)).toBe(true);
    await engine.close();
  });

  test('every one of many failures is counted', async () => {
    const { engine, services } = await openServices();
    await services[0]!.createUser('alice', 'right');
    await Promise.all(services.map((service) => service.verifyPassword('alice', 'wrong')));
    expect((await services[0]!.findUser('alice'))?.failedAttempts).toBe(4);
    await engine.close();
  });
});
