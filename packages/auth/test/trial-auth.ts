/** A service under test: on the smallest engine, with a quick hasher and a clock that stands until a test moves it. */

import { AuthService, type AuthOptions } from '@htkv/auth';
import { AesGcmEncryptor, type EnvelopeEncryptor } from '@htkv/crypto';

import { QuickHasher } from './quick-hasher.ts';
import { TenLineEngine } from './ten-line-engine.ts';

/** 32 bytes that are the same in every run. */
export function masterKey(byte: number): Uint8Array {
  return new Uint8Array(32).fill(byte);
}

export class TrialAuth {
  readonly engine: TenLineEngine;
  readonly hasher: QuickHasher;
  readonly service: AuthService;
  /** What the service reported of writes that nobody waits for. */
  readonly noteFailures: unknown[] = [];
  now = 1_800_000_000_000;

  constructor(options: AuthOptions = {}, encryptor: EnvelopeEncryptor = new AesGcmEncryptor(masterKey(7))) {
    this.engine = new TenLineEngine();
    this.hasher = new QuickHasher();
    this.service = new AuthService(this.engine, this.hasher, encryptor, {
      now: () => this.now,
      onNoteFailure: (error) => this.noteFailures.push(error),
      ...options,
    });
  }

  /** The keys of everything stored, as text. */
  keys(): string[] {
    return [...this.engine.entries.keys()].toSorted();
  }
}
