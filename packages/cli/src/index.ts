export { ExitCode } from './exit-codes.ts';
export type { InputStream, Io, OutputStream } from './io.ts';
export { run } from './run.ts';
