/**
 * What the simulated disk and the simulated page cache know of one file or directory.
 *
 * A file is two images, what is durable and what reads see, and the operations between them in the order in which
 * they were made. A directory is the same with names instead of bytes. Every unsynced operation has an order number
 * that is unique in its file system, so that a crash may cut across all files at one moment.
 */

import { PagedImage } from './paged-image.ts';

/** A write that no `sync` has covered. */
export interface PendingWrite {
  readonly kind: 'write';
  readonly order: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Length of the file when the write was made: what lies beyond is the growth, which is lost or kept by itself. */
  readonly lengthBefore: number;
}

/** A change of length that no `sync` has covered. */
export interface PendingTruncate {
  readonly kind: 'truncate';
  readonly order: number;
  readonly length: number;
}

/** A name that appeared or vanished since the directory was last synced. */
export interface PendingEntry {
  readonly kind: 'create' | 'remove';
  readonly order: number;
  readonly name: string;
  readonly file: FileNode;
}

/** A file: its bytes on the disk, its bytes in the cache, and what lies between. */
export class FileNode {
  /** Where it was created, for reports. */
  readonly path: string;
  durable: PagedImage;
  cached: PagedImage;
  pending: (PendingWrite | PendingTruncate)[] = [];
  /** The cache shows bytes that the disk never got and never will get, because a sync of them failed. */
  isCacheAhead = false;

  constructor(path: string, durable: PagedImage = new PagedImage()) {
    this.path = path;
    this.durable = durable;
    this.cached = durable.clone();
  }

  /** Makes what is pending durable. O(1) unless a sync failed before. */
  sync(): void {
    if (this.isCacheAhead) this.durable = this.flushed();
    else if (this.pending.length > 0) this.durable = this.cached.clone();
    this.pending = [];
  }

  /** The durable image with everything pending applied. It differs from the cache only after a failed sync. */
  flushed(): PagedImage {
    const image = this.durable.clone();
    for (const operation of this.pending) {
      if (operation.kind === 'write') image.write(operation.bytes, operation.offset);
      else image.truncate(operation.length);
    }
    return image;
  }
}

/** A directory. Directories themselves are durable as soon as they exist; only names of files are ever pending. */
export class DirectoryNode {
  readonly directories: Map<string, DirectoryNode> = new Map<string, DirectoryNode>();
  durable: Map<string, FileNode> = new Map<string, FileNode>();
  cached: Map<string, FileNode> = new Map<string, FileNode>();
  pending: PendingEntry[] = [];

  sync(): void {
    if (this.pending.length === 0) return;
    this.durable = new Map(this.cached);
    this.pending = [];
  }
}
