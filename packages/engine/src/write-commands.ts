/** Commands from the arguments of the calls that write, checked. Bytes are the caller's own until they are applied. */
import type { BatchCommand, SingleCommand } from '@htkv/state';

import type { Clock } from './clock.ts';
import { commandFrom, type SingleInput } from './command-input.ts';
import { keyBytes, valueBytes, type BytesLike } from './key-bytes.ts';
import {
  checkBatchOptions,
  checkDeleteOptions,
  checkPutOptions,
  deadlineAfter,
  type BatchOptions,
  type DeleteOptions,
  type PutOptions,
} from './write-options.ts';

/** What stands for options that were not given; nothing in it has to be checked. */
export const NO_OPTIONS: PutOptions = Object.freeze({});

/** A `ttl` counts from the clock's time now. Throws a `TypeError` or `RangeError`. */
export function setCommand(
  clock: Clock,
  key: BytesLike,
  value: BytesLike,
  options: PutOptions,
): SingleCommand {
  const keyInBytes = keyBytes(key);
  const valueInBytes = valueBytes(value);
  if (options === NO_OPTIONS) return { type: 'set', key: keyInBytes, value: valueInBytes };
  checkPutOptions(options);
  const { ifVersion, ifAbsent, ifPresent, ttl } = options;
  const expiresAt = ttl === undefined ? options.expiresAt : deadlineAfter(clock.now(), ttl);
  return { type: 'set', key: keyInBytes, value: valueInBytes, ifVersion, ifAbsent, ifPresent, expiresAt };
}

/** Throws a `TypeError` or `RangeError`. */
export function deleteCommand(key: BytesLike, options: DeleteOptions): SingleCommand {
  const keyInBytes = keyBytes(key);
  checkDeleteOptions(options);
  const { ifVersion, ifPresent } = options;
  return { type: 'delete', key: keyInBytes, ifVersion, ifPresent };
}

/** Throws a `TypeError` or `RangeError`. */
export function batchCommand(commands: readonly SingleInput[], options: BatchOptions): BatchCommand {
  checkBatchOptions(options);
  const { atomic } = options;
  return commandFrom({ type: 'batch', commands, atomic }) as BatchCommand;
}
