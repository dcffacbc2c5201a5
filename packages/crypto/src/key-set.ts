/**
 * The keys that a caller hands over for one purpose.
 */

/** Several keys of 32 bytes each. Rotation: a new key becomes `writing`, the one before moves to `reading`. */
export interface KeySet {
  /** Protects everything that is written from now on. */
  readonly writing: Uint8Array;
  /** Keys that what is stored may still be protected with. Default: none. */
  readonly reading?: readonly Uint8Array[];
}

/** The keys that wrap data keys. */
export type MasterKeys = KeySet;

/** The keys that season passwords before they are hashed. */
export type Peppers = KeySet;
