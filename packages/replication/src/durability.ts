/**
 * How safe a write has to be before its submitter hears the outcome.
 */

/**
 * - `memory`: applied in memory; a crash of the process may take it back.
 * - `os`: handed to the operating system; a crash of the process no longer takes it back, a power loss may.
 * - `disk`: on stable storage; neither takes it back.
 */
export type Durability = 'memory' | 'os' | 'disk';
