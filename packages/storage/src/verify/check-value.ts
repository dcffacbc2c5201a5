/** Checks a value in a file of its own against the pointer in its record. */
import { equalBytes } from '@htkv/base';

import { storeFileName } from '../format/file-names.ts';
import { decodeValueHeader, VALUE_HEADER_BYTES, type ValueHeader } from '../format/value-header.ts';
import type { FileSystem } from '../fs/file-system.ts';
import type { SeparatedValueSeen } from './check-segment.ts';
import { CheckedFile } from './checked-file.ts';
import type { Damage } from './verify-report.ts';

export interface ValueCheckPlace {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly storeId: Uint8Array;
  readonly found: (damage: Damage) => void;
}

/** Yields the bytes that it has checked. */
export function* checkValue(
  place: ValueCheckPlace,
  value: SeparatedValueSeen,
): Generator<number, void, undefined> {
  const { pointer, valueBytes, address } = value;
  const path = place.fileSystem.join(place.directory, storeFileName('value', pointer.valueId));
  const found = (damage: Damage): void => place.found({ ...damage, from: address, end: address + 1 });
  const file = CheckedFile.open(place.fileSystem, path, found);
  if (file === undefined) return;
  try {
    const bytes = file.read(new Uint8Array(VALUE_HEADER_BYTES), 0);
    if (bytes === undefined) return;
    const header = headerIn(bytes, file);
    if (header === undefined) return;
    const isOwn =
      header.valueId === pointer.valueId &&
      header.valueBytes === valueBytes &&
      header.valueChecksum === pointer.checksum &&
      equalBytes(header.identity.storeId, place.storeId) &&
      file.size() === VALUE_HEADER_BYTES + valueBytes;
    if (!isOwn) {
      file.damaged(0, 'the value that its record describes', 'another value');
      return;
    }
    yield VALUE_HEADER_BYTES;
    const end = VALUE_HEADER_BYTES + valueBytes;
    const checksum = yield* file.checksum(VALUE_HEADER_BYTES, end, pointer.valueId >>> 0);
    if (checksum === undefined || checksum === pointer.checksum) return;
    file.damaged(VALUE_HEADER_BYTES, 'a value that matches its checksum', 'another checksum');
  } finally {
    file.close();
  }
}

function headerIn(bytes: Uint8Array, file: CheckedFile): ValueHeader | undefined {
  try {
    const reading = decodeValueHeader(bytes);
    if (reading.kind === 'ok') return reading.header;
    file.damaged(0, reading.expected, reading.actual);
  } catch {
    file.damaged(0, 'a header of the format that the value was written in', 'another format');
  }
  return undefined;
}
