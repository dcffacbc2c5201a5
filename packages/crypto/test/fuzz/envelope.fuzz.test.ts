/**
 * Proves that bytes which are no envelope are never decrypted and never give anything but a coded error: random ones,
 * ones with the beginning of an envelope, and real envelopes with pieces changed, cut out and put in.
 */

import { test } from 'vitest';
import { SEED } from '../read-vectors.ts';
import { checkAnyBytes, checkChangedEnvelopes, encryptors } from './envelope-properties.ts';

for (const encryptor of encryptors) {
  const { name } = encryptor.constructor;

  test(`${name}: any bytes`, () => checkAnyBytes(encryptor, SEED, 2000));

  test(`${name}: changed envelopes`, () => checkChangedEnvelopes(encryptor, SEED, 2000));
}
