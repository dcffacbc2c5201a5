/**
 * What hashes of passwords and envelopes cost on this machine and this Node, beside the building blocks that were not
 * chosen: the figures of `docs/crypto.md`.
 *
 * `pnpm bench:crypto [RUNS]`, nine runs of everything unless given; the best of them is printed for microseconds, the
 * median for milliseconds.
 */
import { createCipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';

import {
  AesGcmEncryptor,
  Argon2SecretHasher,
  BcryptSecretHasher,
  ScryptSecretHasher,
  XChaCha20Poly1305Encryptor,
} from '@htkv/crypto';
import { gcm } from '@noble/ciphers/aes.js';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { argon2id } from '@noble/hashes/argon2.js';

import { describeMachine } from './machine.ts';
import { median } from './statistics.ts';

const runs = Number(process.argv[2] ?? 9);
if (!Number.isSafeInteger(runs) || runs < 1) throw new RangeError('expected a number of runs from 1');

const CALLS = 400;

const show = (name: string, amount: number, unit: string): void =>
  console.log(`${name.padEnd(48)} ${amount.toFixed(1).padStart(8)} ${unit}`);

function microseconds(name: string, call: () => void): void {
  const times: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const start = performance.now();
    for (let index = 0; index < CALLS; index += 1) call();
    times.push(((performance.now() - start) / CALLS) * 1000);
  }
  show(name, Math.min(...times), 'us');
}

async function milliseconds(name: string, call: () => unknown): Promise<void> {
  const times: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const start = performance.now();
    await call();
    times.push(performance.now() - start);
  }
  show(name, median(times), 'ms');
}

console.log(describeMachine(tmpdir()));

const key = randomBytes(32);
const [nonce12, nonce24, associatedData] = [randomBytes(12), randomBytes(24), randomBytes(40)];
const context = { record: 'auth/user/usr-0123456789abcdef', field: 'metadata' };
for (const bytes of [64, 4096]) {
  const plaintext = randomBytes(bytes);
  console.log(`\n${bytes} bytes`);
  microseconds('AES-256-GCM, node:crypto', () => {
    const cipher = createCipheriv('aes-256-gcm', createSecretKey(key), nonce12);
    cipher.setAAD(associatedData).update(plaintext);
    cipher.final();
    cipher.getAuthTag();
  });
  microseconds('AES-256-GCM, @noble/ciphers', () => {
    gcm(key, nonce12, associatedData).encrypt(plaintext);
  });
  microseconds('XChaCha20-Poly1305, @noble/ciphers', () => {
    xchacha20poly1305(key, nonce24, associatedData).encrypt(plaintext);
  });
  for (const encryptor of [new AesGcmEncryptor(key), new XChaCha20Poly1305Encryptor(key)]) {
    const { name } = encryptor.constructor;
    const envelope = encryptor.encrypt(plaintext, context);
    microseconds(`${name}.encrypt`, () => encryptor.encrypt(plaintext, context));
    microseconds(`${name}.decrypt`, () => encryptor.decrypt(envelope, context));
    microseconds(`${name}.rewrap`, () => encryptor.rewrap(envelope, context));
  }
}

console.log('\nhashes of passwords');
for (const [name, hasher] of [
  ['Argon2id, 19 MiB, 2 passes (default)', new Argon2SecretHasher()],
  ['Argon2id, 64 MiB, 3 passes', new Argon2SecretHasher({ memoryKiB: 65_536, passes: 3 })],
  ['scrypt, N = 2^17 (default)', new ScryptSecretHasher()],
  ['scrypt, N = 2^14, p = 5', new ScryptSecretHasher({ costLog2: 14 })],
  ['bcrypt, cost 10', new BcryptSecretHasher({ cost: 10 })],
  ['bcrypt, cost 12 (default)', new BcryptSecretHasher()],
] as const) {
  await milliseconds(name, async () => await hasher.hash('correct horse battery staple'));
}
await milliseconds('Argon2id, the default in JavaScript', () =>
  argon2id('correct horse battery staple', nonce24, { m: 19_456, t: 2, p: 1 }),
);
