/**
 * Proves that both implementations of Argon2id give the published results and each other's, that one is used only
 * after it has, and that the hasher keeps its policy. Hashes of the policy's own cost are few, because each takes its
 * time.
 */

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Argon2Engine, chooseEngine, nativeArgon2, threadArgon2 } from '../src/argon2-engine.ts';
import { decodeArgon2, encodeArgon2 } from '../src/argon2-parameters.ts';
import { Argon2SecretHasher } from '../src/index.ts';
import { fromHex, readVectors, SEED } from './read-vectors.ts';

interface Vectors {
  readonly vector: Record<'password' | 'salt' | 'secret' | 'associatedData' | 'tag', string> &
    Record<'memoryKiB' | 'passes' | 'lanes', number>;
  readonly hashes: readonly { readonly password: string; readonly hash: string }[];
}

const { vector, hashes } = readVectors('argon2id') as Vectors;
const native = nativeArgon2();
const engines: readonly Argon2Engine[] = native === undefined ? [threadArgon2] : [native, threadArgon2];

describe('the computation', () => {
  test('gives the tag of RFC 9106', async () => {
    for (const engine of engines) {
      const tag = await engine({
        type: 'argon2id',
        password: fromHex(vector.password),
        salt: fromHex(vector.salt),
        secret: fromHex(vector.secret),
        associatedData: fromHex(vector.associatedData),
        memoryKiB: vector.memoryKiB,
        passes: vector.passes,
        lanes: vector.lanes,
        tagBytes: 32,
      });
      expect(Buffer.from(tag).toString('hex')).toBe(vector.tag);
    }
  });

  test('is the same on a thread of ours as natively', async () => {
    const job = fc.record({
      password: fc.uint8Array({ maxLength: 80 }),
      salt: fc.uint8Array({ minLength: 8, maxLength: 40 }),
      lanes: fc.integer({ min: 1, max: 4 }),
      memory: fc.integer({ min: 8, max: 40 }),
      passes: fc.integer({ min: 1, max: 3 }),
      tagBytes: fc.integer({ min: 16, max: 64 }),
    });
    await fc.assert(
      fc.asyncProperty(job, async ({ memory, ...rest }) => {
        const parameters = { type: 'argon2id', ...rest, memoryKiB: memory * rest.lanes } as const;
        const tags = await Promise.all(
          engines.map(async (engine) => await engine({ ...parameters, password: rest.password.slice() })),
        );
        for (const tag of tags) expect(tag).toEqual(tags[0]);
      }),
      { seed: SEED, numRuns: 40 },
    );
  });

  test('is taken from an implementation only after it has given that tag', async () => {
    const right = engines[0]!;
    const wrong: Argon2Engine = async (job) => (await right(job)).map((byte) => byte ^ 1);
    const unable: Argon2Engine = async () => await Promise.reject(new Error('unsupported'));
    expect(await chooseEngine(right, wrong)).toBe(right);
    expect(await chooseEngine(unable, right)).toBe(right);
    expect(await chooseEngine(undefined, right)).toBe(right);
    const failed = { code: 'CRYPTO_SELF_TEST_FAILED' };
    await expect(chooseEngine(wrong, right)).rejects.toMatchObject(failed);
    await expect(chooseEngine(undefined, wrong)).rejects.toMatchObject(failed);
  });

  test('leaves the event loop free while it runs on a thread of ours', async () => {
    const hash = threadArgon2({
      type: 'argon2id',
      password: new Uint8Array(8),
      salt: new Uint8Array(16),
      memoryKiB: 8192,
      passes: 2,
      lanes: 1,
      tagBytes: 32,
    });
    let isDone = false;
    void hash.then(() => (isDone = true));
    let turns = 0;
    while (!isDone) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      turns += 1;
    }
    // A computation on this thread would have let the loop turn once.
    expect(turns).toBeGreaterThan(20);
  });
});

describe('the hasher', () => {
  const hasher = new Argon2SecretHasher();

  test('makes a PHC string at the floor, with a salt of its own, and knows the secret again', async () => {
    const hash = await hasher.hash('correct horse');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await hasher.verify('correct horse', hash)).toBe(true);
    expect(await hasher.verify(new TextEncoder().encode('correct horse'), hash)).toBe(true);
    expect(await hasher.verify('correct horsf', hash)).toBe(false);
    expect(hasher.needsRehash(hash)).toBe(false);
    expect(decodeArgon2(await hasher.hash('correct horse')).salt).not.toEqual(decodeArgon2(hash).salt);
  });

  test.for(hashes)('checks $hash of the reference implementation', async ({ password, hash }) => {
    expect(await hasher.verify(password, hash)).toBe(true);
    expect(await hasher.verify(`${password} `, hash)).toBe(false);
    expect(encodeArgon2(decodeArgon2(hash))).toBe(hash);
  });

  test('copies the secret before it returns', async () => {
    const { hash } = hashes[1]!;
    const secret = new TextEncoder().encode('password');
    const verdict = hasher.verify(secret, hash);
    secret.fill(0);
    expect(await verdict).toBe(true);
  });

  test('takes costs from the floor up, and nothing below', () => {
    for (const options of [
      { memoryKiB: 19_455 },
      { passes: 1 },
      { lanes: 0 },
      { memoryKiB: 2 ** 20 + 1 },
      { passes: 65 },
      { lanes: 17 },
      { memoryKiB: 2 ** 20, passes: 3 },
      { memoryKiB: 19_456.5 },
      { atOnceMax: 0 },
      { waitingMax: -1 },
    ]) {
      expect(() => new Argon2SecretHasher(options)).toThrow(RangeError);
    }
    expect(new Argon2SecretHasher({ memoryKiB: 2 ** 20, passes: 2, lanes: 16 })).toBeDefined();
    for (const options of [{ memory: 65_536 }, { memoryKiB: '65536' }, null]) {
      expect(() => new Argon2SecretHasher(options as never)).toThrow(TypeError);
    }
  });

  test('asks for a new hash where any stored parameter is below the policy, and only there', () => {
    const strict = new Argon2SecretHasher({ memoryKiB: 65_536, passes: 3, lanes: 2 });
    const base = { memoryKiB: 65_536, passes: 3, lanes: 2, keyId: undefined };
    const [salt, tag] = [new Uint8Array(16), new Uint8Array(32)];
    const needs = (change: object): boolean =>
      strict.needsRehash(encodeArgon2({ ...base, salt, tag, ...change }));
    expect([{}, { memoryKiB: 131_072 }, { passes: 4 }, { lanes: 3 }].map((change) => needs(change))).toEqual([
      false,
      false,
      false,
      false,
    ]);
    for (const change of [
      { memoryKiB: 65_535 },
      { passes: 2 },
      { lanes: 1 },
      { salt: salt.subarray(1) },
      { tag: tag.subarray(1) },
      { keyId: 'AAAAAAAAAAA' },
    ]) {
      expect(needs(change)).toBe(true);
    }
  });

  test('seasons with a pepper, names it, and moves to another one', async () => {
    const [first, second] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const plain = await hasher.hash('secret');
    const withFirst = new Argon2SecretHasher({ pepper: first });
    const hash = await withFirst.hash('secret');
    expect(hash).toMatch(/,keyid=[A-Za-z0-9+/]{11}\$/);
    expect(await withFirst.verify('secret', hash)).toBe(true);
    expect(await withFirst.verify('secre', hash)).toBe(false);
    // The tag is that of the seasoned secret: without the key id, and so without the pepper, it does not match.
    expect(await hasher.verify('secret', hash.replace(/,keyid=[^$]+/, ''))).toBe(false);

    const moved = new Argon2SecretHasher({ pepper: { writing: second, reading: [first] } });
    expect(await moved.verify('secret', hash)).toBe(true);
    expect(await moved.verify('secret', plain)).toBe(true);
    expect([moved.needsRehash(hash), moved.needsRehash(plain), hasher.needsRehash(hash)]).toEqual([
      true,
      true,
      true,
    ]);
    const unknown = { code: 'CRYPTO_KEY_UNKNOWN' };
    await expect(hasher.verify('secret', hash)).rejects.toMatchObject(unknown);
    await expect(new Argon2SecretHasher({ pepper: second }).verify('secret', hash)).rejects.toMatchObject(
      unknown,
    );
    expect(() => new Argon2SecretHasher({ pepper: new Uint8Array(16) })).toThrow(
      expect.objectContaining({ code: 'CRYPTO_KEY_INVALID' }),
    );
  });

  test('turns calls away when too many wait, and serves the others', async () => {
    const { password, hash } = hashes[1]!;
    const narrow = new Argon2SecretHasher({ atOnceMax: 1, waitingMax: 3 });
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, async () => await narrow.verify(password, hash)),
    );
    expect(results.slice(0, 4)).toEqual(
      Array.from({ length: 4 }, () => ({ status: 'fulfilled', value: true })),
    );
    for (const result of results.slice(4)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'CRYPTO_BUSY' } });
    }
    expect(await narrow.verify(password, hash)).toBe(true);
  });
});
