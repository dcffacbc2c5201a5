/** Reading a file in one piece, bounded by its real size. */
import type { FileSystem } from './file-system.ts';

/** All bytes of a file, or its first `limit`. Owned by the caller. */
export function readWhole(
  fileSystem: FileSystem,
  path: string,
  limit: number = Number.MAX_SAFE_INTEGER,
): Uint8Array {
  const file = fileSystem.open(path, 'read');
  try {
    const bytes = new Uint8Array(Math.min(file.size(), limit));
    const read = file.read(bytes, 0);
    return read === bytes.length ? bytes : bytes.subarray(0, read);
  } finally {
    file.close();
  }
}
