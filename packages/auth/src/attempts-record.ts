/**
 * The record of failed logins under one name. It says nothing about the name, and is the same whether or not a user
 * has it.
 */
import { decodeRecord, encodeRecord } from './record-codec.ts';

export interface Attempts {
  /** Failures since the last success. */
  readonly failures: number;
  /** Milliseconds since the epoch. */
  readonly lastFailureAt: number;
}

export function encodeAttempts({ failures, lastFailureAt }: Attempts): Uint8Array {
  return encodeRecord({ failures, lastFailureAt });
}

/** Throws `AUTH_RECORD_CORRUPT` or `AUTH_RECORD_UNSUPPORTED`. */
export function decodeAttempts(bytes: Uint8Array): Attempts {
  return decodeRecord(bytes, 'failed attempts', (fields) => ({
    failures: fields.count('failures'),
    lastFailureAt: fields.count('lastFailureAt'),
  }));
}
