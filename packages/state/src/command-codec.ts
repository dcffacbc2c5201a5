/**
 * Commands as bytes, version 1. Integers are little-endian; there is no padding.
 *
 *   command                          item (of a set or delete)
 *   offset width field               offset width field
 *   0      1     format version: 1   0      1     flags: which of the optional parts below are there
 *   1      1     kind                1      2     key length
 *   2            item, or batch      3      4     value length; only in a set
 *                                           8     version        if flag 0x01
 *   batch                                   8     timestamp      if flag 0x02
 *   offset width field                      8     expiresAt      if flag 0x04; only in a set
 *   0      1     mode                       8     ifVersion      if flag 0x08
 *   1      4     number of items                  key
 *   5            per item: its kind               value; only in a set
 *                in one byte, item
 *
 *   kind: 1 set, 2 delete, 3 batch   further flags: 0x10 ifAbsent, only in a set; 0x20 ifPresent
 *   mode: 0 perItem, 1 allOrNothing  the other bits of flags are 0
 *
 * A batch with conditions of its own has kind 4, and they lie behind the mode; see `condition-codec.ts`.
 *
 * The encoding is canonical: a meaning has one byte string, and whatever decodes is encoded to the same bytes again.
 * There is no checksum; whoever stores or sends commands frames and protects them.
 */

import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { checkCommand } from './check-command.ts';
import type { BatchCommand, Command, DeleteCommand, SetCommand, SingleCommand } from './command.ts';
import { isConditional, VALUE_BYTES_MAX } from './command.ts';
import { conditionBytes, readConditions, writeConditions } from './condition-codec.ts';
import { malformed } from './malformed-command.ts';

/** The first byte of every encoded command. */
export const COMMAND_FORMAT_VERSION = 1;

const KIND_SET = 1;
const KIND_DELETE = 2;
const KIND_BATCH = 3;
const KIND_CONDITIONAL_BATCH = 4;

const MODE_PER_ITEM = 0;
const MODE_ALL_OR_NOTHING = 1;

const FLAG_VERSION = 0x01;
const FLAG_TIMESTAMP = 0x02;
const FLAG_EXPIRES_AT = 0x04;
const FLAG_IF_VERSION = 0x08;
const FLAG_IF_ABSENT = 0x10;
const FLAG_IF_PRESENT = 0x20;
const FLAGS_OF_SET = 0x3f;
const FLAGS_OF_DELETE: number = FLAG_VERSION | FLAG_TIMESTAMP | FLAG_IF_VERSION | FLAG_IF_PRESENT;

type Draft<Of> = { -readonly [Property in keyof Of]: Of[Property] };

const NO_BYTES = new Uint8Array(0);

/** Bytes of an item before its optional integers. */
const SET_HEAD_BYTES = 7;
const DELETE_HEAD_BYTES = 3;
/** Bytes of the shortest item of a batch: a kind and a delete of the empty key. */
const BATCH_ITEM_BYTES_MIN: number = 1 + DELETE_HEAD_BYTES;

/**
 * The bytes of `command`, stamped or not, in a new array that the caller owns. One allocation, O(bytes).
 *
 * @throws TypeError or RangeError if the command is not well formed
 */
export function encodeCommand(command: Command): Uint8Array {
  checkCommand(command);
  const writer = new ByteWriter(encodedBytes(command));
  writer.uint8(COMMAND_FORMAT_VERSION);
  writer.uint8(kindOf(command));
  if (command.type === 'batch') writeBatch(writer, command);
  else writeItem(writer, command);
  return writer.finish();
}

/**
 * The command that `bytes` hold, all of them and nothing else. Keys and values are views of `bytes`, which must
 * therefore not change while the command is in use. Properties that are not there are left out, and so are
 * conditions that are `false` and the default mode of a batch.
 *
 * Lengths are checked before they are believed: memory is used only in proportion to `bytes`.
 *
 * @throws CodedError `STATE_MALFORMED_COMMAND` with the offset, what was expected there and what was found
 */
export function decodeCommand(bytes: Uint8Array): Command {
  const reader = new ByteReader(bytes);
  const format = reader.uint8('format version');
  if (format !== COMMAND_FORMAT_VERSION) {
    throw malformed(0, `format version ${COMMAND_FORMAT_VERSION}`, String(format));
  }
  const kind = reader.uint8('kind');
  const command = readBody(reader, kind);
  if (reader.remaining > 0) throw malformed(reader.offset, 'the end', `${reader.remaining} more bytes`);
  return command;
}

function kindOf(command: Command): number {
  if (command.type === 'set') return KIND_SET;
  if (command.type === 'delete') return KIND_DELETE;
  return isConditional(command) ? KIND_CONDITIONAL_BATCH : KIND_BATCH;
}

function encodedBytes(command: Command): number {
  if (command.type !== 'batch') return 2 + itemBytes(command);
  let total = 2 + 1 + 4 + (isConditional(command) ? conditionBytes(command) : 0);
  for (const item of command.commands) total += 1 + itemBytes(item);
  return total;
}

function itemBytes(item: SingleCommand): number {
  let integers = 0;
  if (item.version !== undefined) integers += 1;
  if (item.timestamp !== undefined) integers += 1;
  if (item.ifVersion !== undefined) integers += 1;
  if (item.type === 'delete') return DELETE_HEAD_BYTES + 8 * integers + item.key.length;
  if (item.expiresAt !== undefined) integers += 1;
  return SET_HEAD_BYTES + 8 * integers + item.key.length + item.value.length;
}

function flagsOf(item: SingleCommand): number {
  let flags = 0;
  if (item.version !== undefined) flags |= FLAG_VERSION;
  if (item.timestamp !== undefined) flags |= FLAG_TIMESTAMP;
  if (item.ifVersion !== undefined) flags |= FLAG_IF_VERSION;
  if (item.ifPresent === true) flags |= FLAG_IF_PRESENT;
  if (item.type === 'delete') return flags;
  if (item.expiresAt !== undefined) flags |= FLAG_EXPIRES_AT;
  if (item.ifAbsent === true) flags |= FLAG_IF_ABSENT;
  return flags;
}

function writeBatch(writer: ByteWriter, batch: BatchCommand): void {
  writer.uint8(batch.atomic === 'allOrNothing' ? MODE_ALL_OR_NOTHING : MODE_PER_ITEM);
  if (isConditional(batch)) writeConditions(writer, batch);
  writer.uint32(batch.commands.length);
  for (const item of batch.commands) {
    writer.uint8(kindOf(item));
    writeItem(writer, item);
  }
}

function writeItem(writer: ByteWriter, item: SingleCommand): void {
  writer.uint8(flagsOf(item));
  writer.uint16(item.key.length);
  if (item.type === 'set') writer.uint32(item.value.length);
  if (item.version !== undefined) writer.uint53(item.version);
  if (item.timestamp !== undefined) writer.uint53(item.timestamp);
  if (item.type === 'set' && item.expiresAt !== undefined) writer.uint53(item.expiresAt);
  if (item.ifVersion !== undefined) writer.uint53(item.ifVersion);
  writer.bytes(item.key);
  if (item.type === 'set') writer.bytes(item.value);
}

function readBody(reader: ByteReader, kind: number): Command {
  switch (kind) {
    case KIND_SET:
      return readSet(reader);
    case KIND_DELETE:
      return readDelete(reader);
    case KIND_BATCH:
    case KIND_CONDITIONAL_BATCH:
      return readBatch(reader, kind === KIND_CONDITIONAL_BATCH);
    default:
      throw malformed(1, 'kind 1, 2, 3 or 4', String(kind));
  }
}

function readBatch(reader: ByteReader, isWithConditions: boolean): BatchCommand {
  const modeOffset = reader.offset;
  const mode = reader.uint8('mode');
  if (mode > MODE_ALL_OR_NOTHING) throw malformed(modeOffset, 'mode 0 or 1', String(mode));
  const conditions = isWithConditions ? readConditions(reader) : {};
  const countOffset = reader.offset;
  const count = reader.uint32('number of items');
  const countMax = Math.floor(reader.remaining / BATCH_ITEM_BYTES_MIN);
  if (count > countMax) throw malformed(countOffset, `at most ${countMax} items`, String(count));
  const commands: SingleCommand[] = [];
  while (commands.length < count) {
    const kindOffset = reader.offset;
    const kind = reader.uint8('kind of an item');
    if (kind !== KIND_SET && kind !== KIND_DELETE) throw malformed(kindOffset, 'kind 1 or 2', String(kind));
    commands.push(kind === KIND_SET ? readSet(reader) : readDelete(reader));
  }
  return mode === MODE_PER_ITEM
    ? { type: 'batch', commands, ...conditions }
    : { type: 'batch', commands, atomic: 'allOrNothing', ...conditions };
}

function readSet(reader: ByteReader): SetCommand {
  const flags = readFlags(reader, FLAGS_OF_SET);
  const keyLength = reader.uint16('key length');
  const valueLength = readValueLength(reader);
  const set: Draft<SetCommand> = { type: 'set', key: NO_BYTES, value: NO_BYTES };
  if ((flags & FLAG_VERSION) !== 0) set.version = readInteger(reader, 1, 'version');
  if ((flags & FLAG_TIMESTAMP) !== 0) set.timestamp = readInteger(reader, 0, 'timestamp');
  if ((flags & FLAG_EXPIRES_AT) !== 0) set.expiresAt = readInteger(reader, 0, 'expiresAt');
  if ((flags & FLAG_IF_VERSION) !== 0) set.ifVersion = readInteger(reader, 1, 'ifVersion');
  if ((flags & FLAG_IF_ABSENT) !== 0) set.ifAbsent = true;
  if ((flags & FLAG_IF_PRESENT) !== 0) set.ifPresent = true;
  set.key = reader.bytes(keyLength, 'key');
  set.value = reader.bytes(valueLength, 'value');
  return set;
}

function readDelete(reader: ByteReader): DeleteCommand {
  const flags = readFlags(reader, FLAGS_OF_DELETE);
  const keyLength = reader.uint16('key length');
  const removal: Draft<DeleteCommand> = { type: 'delete', key: NO_BYTES };
  if ((flags & FLAG_VERSION) !== 0) removal.version = readInteger(reader, 1, 'version');
  if ((flags & FLAG_TIMESTAMP) !== 0) removal.timestamp = readInteger(reader, 0, 'timestamp');
  if ((flags & FLAG_IF_VERSION) !== 0) removal.ifVersion = readInteger(reader, 1, 'ifVersion');
  if ((flags & FLAG_IF_PRESENT) !== 0) removal.ifPresent = true;
  removal.key = reader.bytes(keyLength, 'key');
  return removal;
}

function readFlags(reader: ByteReader, allowed: number): number {
  const offset = reader.offset;
  const flags = reader.uint8('flags');
  if ((flags & ~allowed) !== 0) throw malformed(offset, `no flags but 0x${allowed.toString(16)}`, hex(flags));
  const isContradictory =
    (flags & FLAG_IF_ABSENT) !== 0 && (flags & (FLAG_IF_VERSION | FLAG_IF_PRESENT)) !== 0;
  if (isContradictory) throw malformed(offset, 'ifAbsent as the only condition', hex(flags));
  return flags;
}

function readValueLength(reader: ByteReader): number {
  const offset = reader.offset;
  const length = reader.uint32('value length');
  if (length <= VALUE_BYTES_MAX) return length;
  throw malformed(offset, `a value length of at most ${VALUE_BYTES_MAX}`, String(length));
}

function readInteger(reader: ByteReader, least: number, name: string): number {
  const offset = reader.offset;
  const integer = reader.uint53(name);
  if (integer >= least) return integer;
  throw malformed(offset, `${name} from ${least}`, String(integer));
}

function hex(flags: number): string {
  return `0x${flags.toString(16)}`;
}
