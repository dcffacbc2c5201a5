/**
 * Names of the files of a store. Numbers are decimal with sixteen digits, so that names sort as numbers do.
 */

const PATTERN = /^(segment|value|manifest|checkpoint)-(\d{16})$/;

/** The lock file, which is for people and not part of the format. */
export const LOCK_FILE_NAME = 'LOCK';

/** The file that only takes room, to be given up when the device is full. */
export const BALLAST_FILE_NAME = 'BALLAST';

export type StoreFileKind = 'segment' | 'value' | 'manifest' | 'checkpoint';

/** What a name in the directory of a store means. */
export type StoreFileName =
  | { readonly kind: StoreFileKind; readonly id: number }
  | { readonly kind: 'lock' | 'ballast' | 'ignored' | 'foreign' };

/** `segment-0000000000000007` for kind `segment` and id 7. */
export function storeFileName(kind: StoreFileKind, id: number): string {
  return `${kind}-${String(id).padStart(16, '0')}`;
}

/**
 * Reads a name. Dot files and `lost+found` are ignored: file managers and file systems put them everywhere. Any
 * other name that is not ours is foreign.
 */
export function parseStoreFileName(name: string): StoreFileName {
  if (name === LOCK_FILE_NAME || name.startsWith(`${LOCK_FILE_NAME}.`)) return { kind: 'lock' };
  if (name === BALLAST_FILE_NAME) return { kind: 'ballast' };
  if (name.startsWith('.') || name === 'lost+found') return { kind: 'ignored' };
  const match = PATTERN.exec(name);
  const id = Number(match?.[2]);
  if (match === null || !Number.isSafeInteger(id)) return { kind: 'foreign' };
  return { kind: match[1] as StoreFileKind, id };
}
