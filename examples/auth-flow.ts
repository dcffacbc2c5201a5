/**
 * Users, passwords, API keys: a service beside the engine, which goes on being of use for everything else.
 *
 *     node examples/auth-flow.ts [directory]
 */
import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createArgon2AesGcmAuth } from '@htkv/auth';
import { SingleNodeEngine } from '@htkv/engine';

const dataDir = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'htkv-auth-'));
const engine = await SingleNodeEngine.open({ dataDir });

// 32 bytes that are kept apart from the store. These are for show; a real key comes out of a vault.
const masterKey = new Uint8Array(32);
const auth = createArgon2AesGcmAuth(engine, masterKey);

const user = await auth.createUserWithMetadata('captain', 'it-doesnt-take-much', '{"role":"ops"}');
console.log(`created user ${user.userId}`);

// Password verification and metadata decryption.
assert(await auth.verifyPassword('captain', 'it-doesnt-take-much'));
const metadata = await auth.decryptUserMetadata(user);
console.log(`user metadata => ${new TextDecoder().decode(metadata)}`);

// API key issuance and validation. The token is shown here and never again.
const [record, token] = await auth.createApiKey(user.userId);
console.log(`issued key ${record.keyId}`);
const hydrated = await auth.authenticateApiKey(token);
assert(hydrated !== undefined, 'token should resolve');
console.log(`token resolves to user ${hydrated.ownerId}`);

await auth.revokeApiKey(record.keyId);
assert.equal(await auth.authenticateApiKey(token), undefined);
console.log('the key is revoked, and its token resolves to nobody');

// The engine remains usable alongside the service.
await engine.put('alpha', 'bravo');
await auth.settled();
await engine.close();
console.log(`The store is in ${dataDir}`);
