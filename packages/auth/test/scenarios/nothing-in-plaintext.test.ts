/**
 * Proves that no file of a store holds metadata, a password, a token or a key in any form that could be read back, by
 * going through every flow on a real engine and searching each byte of its directory: while it is open, after it was
 * closed, and after it was opened again and written to, before and after compaction and checkpoints. The same holds for a portable snapshot of it, and for a store
 * that is filled from one. Each secret is searched for as text, as hexadecimal, as base64 and, if
 * it is hexadecimal itself, as the bytes it stands for.
 */

import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { SingleNodeEngine } from '@htkv/engine';
import { createArgon2AesGcmAuth, type AuthService } from '@htkv/auth';
import { expect, test } from 'vitest';

import { freshDirectory } from '../fresh-directory.ts';
import { masterKey } from '../trial-auth.ts';

test('the files hold no metadata, password or token after any flow', async () => {
  const dataDir = freshDirectory();
  const engine = await SingleNodeEngine.open({ dataDir, maxSegmentSize: 4_096 });
  const secrets = await runEveryFlow(createArgon2AesGcmAuth(engine, masterKey(7)), 'first');
  await engine.flush();
  expect(leaks(dataDir, secrets)).toEqual([]);
  // Checkpoints hold the index, and compaction copies records.
  expect((await engine.checkpoint()).keys).toBeGreaterThan(0);
  expect(leaks(dataDir, secrets)).toEqual([]);
  expect((await engine.runCompactionNow()).segmentsRemoved).toBeGreaterThan(0);
  await engine.checkpoint();
  expect(leaks(dataDir, secrets)).toEqual([]);
  await engine.close();
  expect(leaks(dataDir, secrets)).toEqual([]);

  const again = await SingleNodeEngine.open({ dataDir });
  secrets.push(...(await runEveryFlow(createArgon2AesGcmAuth(again, masterKey(7)), 'second')));
  await again.close();
  expect(leaks(dataDir, secrets)).toEqual([]);
});

test('portable snapshots hold none either, before and after the store is opened again', async () => {
  const directory = freshDirectory();
  const dataDir = join(directory, 'store');
  const engine = await SingleNodeEngine.open({ dataDir, maxSegmentSize: 4_096 });
  const auth = createArgon2AesGcmAuth(engine, masterKey(7));
  const secrets = await runEveryFlow(auth, 'first');
  await writeSnapshot(engine, join(directory, 'first-snapshot'));
  expect(leaks(directory, secrets)).toEqual([]);
  await engine.close();

  const again = await SingleNodeEngine.open({ dataDir });
  await writeSnapshot(again, join(directory, 'reopened-snapshot'));
  secrets.push(...(await runEveryFlow(createArgon2AesGcmAuth(again, masterKey(7)), 'second')));
  await writeSnapshot(again, join(directory, 'second-snapshot'));
  await again.close();
  expect(leaks(directory, secrets)).toEqual([]);

  // The users came along, and nothing else did.
  const copy = await SingleNodeEngine.open({ dataDir: join(directory, 'copy') });
  await copy.installSnapshot(createReadStream(join(directory, 'second-snapshot'), { highWaterMark: 1_000 }));
  const moved = createArgon2AesGcmAuth(copy, masterKey(7));
  expect(await moved.verifyPassword('second-name', 'second-changed-x')).toBe(true);
  expect(await moved.verifyPassword('second-name', 'second-password-x')).toBe(false);
  await moved.settled();
  await copy.close();
  expect(leaks(directory, secrets)).toEqual([]);
});

test('the search finds what is there', async () => {
  const dataDir = freshDirectory();
  const engine = await SingleNodeEngine.open({ dataDir });
  await engine.put('text', 'a plain secret');
  await engine.put('bytes', Buffer.from('deadbeefdeadbeef', 'hex'));
  await engine.close();
  expect(leaks(dataDir, ['a plain secret', 'deadbeefdeadbeef', 'another'])).toEqual([
    'a plain secret',
    'deadbeefdeadbeef',
  ]);

  // In a snapshot as well, whatever the store's own files say.
  const again = await SingleNodeEngine.open({ dataDir });
  const folder = freshDirectory();
  await writeSnapshot(again, join(folder, 'snapshot'));
  await writeSnapshot(again, join(folder, 'another'));
  await again.close();
  expect(leaks(folder, ['a plain secret', 'deadbeefdeadbeef', 'another'])).toEqual([
    'a plain secret',
    'deadbeefdeadbeef',
  ]);
});

async function writeSnapshot(engine: SingleNodeEngine, path: string): Promise<void> {
  const snapshot = await engine.takeSnapshot();
  await writeFile(path, snapshot);
  snapshot[Symbol.dispose]();
}

/** Every call that is given a secret or gives one away; resolves with all the secrets. */
async function runEveryFlow(auth: AuthService, round: string): Promise<string[]> {
  const [password, changed, guess] = [`${round}-password-x`, `${round}-changed-x`, `${round}-guess-x`];
  const [ofUser, ofKey] = [`{"role":"${round}-metadata-of-user"}`, `${round}-metadata-of-key`];
  const user = await auth.createUserWithMetadata(`${round}-name`, password, ofUser);
  expect(await auth.verifyPassword(user.username, password)).toBe(true);
  expect(await auth.verifyPassword(user.username, guess)).toBe(false);
  // Typed into the wrong field.
  expect(await auth.verifyPassword(guess, user.username)).toBe(false);
  expect(await auth.changePassword(user.username, password, changed)).toBe(true);
  await auth.decryptUserMetadata(user);
  const [record, token] = await auth.createApiKeyWithMetadata(user.userId, 'label', ofKey);
  expect(await auth.authenticateApiKey(token)).toBeDefined();
  const [, rotated] = await auth.rotateApiKey(record.keyId);
  expect(await auth.authenticateApiKey(rotated)).toBeDefined();
  await auth.decryptApiKeyMetadata(record);
  const [revoked, endedToken] = await auth.createApiKey(user.userId);
  await auth.revokeApiKey(revoked.keyId);
  const goner = await auth.createUserWithMetadata(`${round}-goner`, password, ofUser);
  await auth.deleteUser(goner.userId);
  await auth.rewrapMetadata();
  await auth.settled();
  const tokens = [token, rotated, endedToken].flatMap((each) => [each, each.slice(21)]);
  return [
    password,
    changed,
    guess,
    ofUser,
    ofKey,
    'metadata-of',
    ...tokens,
    Buffer.from(masterKey(7)).toString('hex'),
  ];
}

/** The secrets that some file below `directory` holds in one form or another. */
function leaks(directory: string, secrets: readonly string[]): string[] {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name)));
  expect(files.length).toBeGreaterThan(1);
  return secrets.filter((secret) =>
    formsOf(secret).some((form) => files.some((file) => file.includes(form))),
  );
}

function formsOf(secret: string): Buffer[] {
  const bytes = Buffer.from(secret);
  const forms = [bytes, Buffer.from(bytes.toString('hex')), Buffer.from(bytes.toString('base64'))];
  if (/^([0-9a-f]{2}){8,}$/.test(secret)) forms.push(Buffer.from(secret, 'hex'));
  return forms;
}
