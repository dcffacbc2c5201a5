/**
 * What a hash thread is asked, and what it answers.
 */

/** One Argon2id computation; the names are those of RFC 9106 section 3.1, in words. */
export interface Argon2Job {
  readonly type: 'argon2id';
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  readonly memoryKiB: number;
  readonly passes: number;
  readonly lanes: number;
  readonly tagBytes: number;
  readonly secret?: Uint8Array;
  readonly associatedData?: Uint8Array;
}

/** One bcrypt computation. */
export interface BcryptJob {
  readonly type: 'bcrypt';
  readonly password: string;
  /** `$2b$`, the cost, `$`, and 22 characters of salt. */
  readonly salt: string;
}

export type HashJob = Argon2Job | BcryptJob;

/** The tag, or the text of the hash. */
export type HashResult = Uint8Array | string;
