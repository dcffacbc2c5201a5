/**
 * Thrown by a test's hook to end a simulated process in the middle of a call. It is not an error of the machine: code
 * under test that catches and handles it treats death as a failure, which is itself a defect.
 */

/** See the module comment. */
export class CrashSignal extends Error {
  constructor(message = 'the simulated process has ended') {
    super(message);
    this.name = 'CrashSignal';
  }
}
