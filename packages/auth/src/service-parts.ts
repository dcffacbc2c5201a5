/**
 * What the parts of the service share.
 */
import type { EnvelopeEncryptor, SecretHasher } from '@htkv/crypto';

import type { CheckedOptions } from './auth-options.ts';
import type { AuthStore } from './auth-store.ts';
import type { Notes } from './notes.ts';
import type { StoredSecret } from './stored-secret.ts';
import type { Throttle } from './throttle.ts';

export interface ServiceParts {
  readonly store: AuthStore;
  readonly hasher: SecretHasher;
  readonly encryptor: EnvelopeEncryptor;
  readonly options: CheckedOptions;
  readonly secret: StoredSecret;
  readonly throttle: Throttle;
  readonly notes: Notes;
}
