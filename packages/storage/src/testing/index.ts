export { fileCallKinds } from './file-call.ts';
export type { FileCallKind } from './file-call.ts';
export type { CrashKeep, CrashOptions, PendingOperation } from './crash-survival.ts';
export { MemoryFileSystem } from './memory-file-system.ts';
export { SeededRandom } from './seeded-random.ts';
export { fileSystemSuite } from './file-system-suite.ts';
export type { FileSystemSubject, FileSystemSuiteOptions } from './file-system-suite.ts';
