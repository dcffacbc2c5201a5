/**
 * What hashes passwords and checks them.
 *
 * Work is done away from the calling thread, by at most a few hashes at once; more wait in line, and when too many
 * wait, a call fails instead. No error of a hasher names a secret, and none says more about a hash than what is
 * wrong with its form.
 */

/** Makes and checks hashes of secrets that people choose. Safe to share; one hasher per policy is enough. */
export interface SecretHasher {
  /**
   * Resolves with a hash that holds its own salt and parameters; two hashes of one secret differ.
   *
   * A string means its UTF-8 bytes. A `Uint8Array` is copied before the call returns.
   *
   * Rejects with `CRYPTO_SECRET_REFUSED` if the secret cannot be hashed whole (too long, or a string with a lone
   * surrogate), and with `CRYPTO_BUSY` if too many calls wait already.
   */
  hash(secret: string | Uint8Array): Promise<string>;

  /**
   * Resolves with whether `hash` was made of `secret`. Compares in constant time.
   *
   * Rejects with `CRYPTO_HASH_MALFORMED` if `hash` is no hash of this kind, and with `CRYPTO_HASH_REFUSED` if its
   * parameters ask for too much work, too much memory or too little security, both before any work; otherwise as
   * {@link hash} does.
   */
  verify(secret: string | Uint8Array, hash: string): Promise<boolean>;

  /**
   * Whether {@link hash} would make something better than `hash`: a stored parameter lies below the policy, the pepper
   * is another one, or it is no hash of this kind at all. Never throws on a string.
   */
  needsRehash(hash: string): boolean;
}
