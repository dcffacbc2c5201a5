/**
 * Proves that `docs/crypto.md` tells the truth about the envelope, the forms of hashes and the default policies, by
 * reading its tables and comparing them with what the code makes.
 */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ARGON2_FLOOR, encodeArgon2 } from '../src/argon2-parameters.ts';
import { decodeEnvelope, encodeEnvelope } from '../src/envelope-format.ts';
import { ENVELOPE_OVERHEAD_BYTES } from '../src/index.ts';
import { checkScryptCosts, encodeScrypt } from '../src/scrypt-parameters.ts';

const page = readFileSync(new URL('../../../docs/crypto.md', import.meta.url), 'utf8');

/** The rows of the table whose first column has this heading, as their cells. */
function table(heading: string): string[][] {
  const rows = page.slice(page.indexOf(`| ${heading} |`)).split('\n');
  return rows.slice(2, rows.indexOf('')).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test('the table of the envelope is what the code writes', () => {
  const parts = decodeEnvelope(1, encodeOne());
  const views = [parts.keyId, parts.salt, parts.wrappedKey, parts.commitment];
  const rows = table('offset');
  expect(rows.map(([offset]) => offset)).toEqual([
    '0',
    '1',
    ...[...views, parts.ciphertext].map((view) => `${view.byteOffset}`),
    'end',
  ]);
  expect(rows.slice(2, 6).map(([, bytes]) => bytes)).toEqual(views.map((view) => `${view.byteLength}`));
  expect(page).toContain(`An envelope is ${ENVELOPE_OVERHEAD_BYTES} bytes longer than its plaintext.`);
});

test('the forms and defaults of the hashes are those of the code', () => {
  const salt = new Uint8Array(16);
  const [argon2, scrypt] = [
    encodeArgon2({ ...ARGON2_FLOOR, keyId: undefined, salt, tag: salt }),
    encodeScrypt({ ...checkScryptCosts({}), keyId: undefined, salt, tag: salt }),
  ].map((hash) => hash.replace(/\$A{22}\$A{22}$/, '$salt$tag'));
  const forms = table('hasher').map(([, form]) => form);
  expect(forms.slice(0, 2)).toEqual([`\`${argon2}\``, `\`${scrypt}\``]);
});

/** An envelope in memory of its own, so that offsets of views are offsets in it. */
function encodeOne(): Uint8Array {
  const bytes = (count: number): Uint8Array => new Uint8Array(count);
  return encodeEnvelope(1, {
    keyId: bytes(8),
    salt: bytes(32),
    wrappedKey: bytes(48),
    commitment: bytes(32),
    ciphertext: bytes(16),
  });
}
