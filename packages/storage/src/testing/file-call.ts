/**
 * The names of the calls of the file-system seam that can fail, for counters, faults and transcripts. Calls that only
 * read what a file handle already knows, or that give something back, are not among them.
 */

/** Every kind, in the order in which a store first makes them. */
export const fileCallKinds = [
  'makeDirectory',
  'lock',
  'list',
  'create',
  'open',
  'read',
  'write',
  'truncate',
  'sync',
  'syncDirectory',
  'remove',
] as const;

/** One kind of call. `read`, `write`, `truncate` and `sync` are made on a file, the others on the file system. */
export type FileCallKind = (typeof fileCallKinds)[number];
