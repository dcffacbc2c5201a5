// Proves that the implementations of the file-system seam keep the same contract, by running the shipped suite
// against each of them.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { nodeFileSystem } from '../../src/fs/node-file-system.ts';
import { fileSystemSuite, MemoryFileSystem } from '../../src/testing/index.ts';

describe('the file system of the machine', () => {
  fileSystemSuite({
    test,
    create: () => {
      const directory = mkdtempSync(join(tmpdir(), 'htkv-suite-'));
      const dispose = (): void => rmSync(directory, { recursive: true });
      return { fileSystem: nodeFileSystem, directory, dispose };
    },
  });
});

describe('the file system in memory', () => {
  fileSystemSuite({
    test,
    create: () => {
      const fileSystem = new MemoryFileSystem();
      fileSystem.makeDirectory('/data/store');
      return { fileSystem, directory: '/data/store' };
    },
  });
});
