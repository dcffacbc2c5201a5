export { assert, InvariantError, unreachable } from './assert.ts';
export { compareBytes, copyBytes, equalBytes, prefixEnd, startsWith, toHex, utf8 } from './bytes.ts';
export { ArgumentRangeError, ArgumentTypeError, CodedError, errorCode } from './coded-error.ts';
export type { CodedErrorOptions, ErrorDetails } from './coded-error.ts';
export { crc32, crc32Range } from './crc32.ts';
