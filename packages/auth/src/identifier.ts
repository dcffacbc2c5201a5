/**
 * Ids and tokens. An id is `usr-` or `key-` and 16 hexadecimal digits, a token is a key's id, a dot and 64 digits. All
 * digits come from the random source and none from a counter, so a restart repeats nothing; and a record is only ever
 * created where there is none, so that not even a repeated id could replace one.
 */

/** Bytes that nobody can guess. */
export type RandomBytes = (count: number) => Uint8Array;

/** A token taken apart. */
export interface ParsedToken {
  readonly keyId: string;
  readonly token: string;
}

const USER_ID = /^usr-[0-9a-f]{16}$/;
const KEY_ID = /^key-[0-9a-f]{16}$/;
const TOKEN = /^key-[0-9a-f]{16}\.[0-9a-f]{64}$/;
const KEY_ID_LENGTH = 20;
const TOKEN_LENGTH = 85;

export function newUserId(randomBytes: RandomBytes): string {
  return `usr-${hex(randomBytes(8))}`;
}

export function newKeyId(randomBytes: RandomBytes): string {
  return `key-${hex(randomBytes(8))}`;
}

/** A token for the key: 256 bits that nobody can guess. */
export function newToken(keyId: string, randomBytes: RandomBytes): string {
  return `${keyId}.${hex(randomBytes(32))}`;
}

export function isUserId(text: string): boolean {
  return USER_ID.test(text);
}

export function isKeyId(text: string): boolean {
  return KEY_ID.test(text);
}

/** The parts of a token; `undefined` for anything else, of whatever type, without a look at any store. */
export function parseToken(presented: unknown): ParsedToken | undefined {
  if (typeof presented !== 'string' || presented.length !== TOKEN_LENGTH || !TOKEN.test(presented)) {
    return undefined;
  }
  return { keyId: presented.slice(0, KEY_ID_LENGTH), token: presented };
}

/** Lower-case hexadecimal text of `bytes`. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
