/** What a check of a store's files against their checksums comes to. Offsets and sizes are bytes. */

/** One place that is not what was written. */
export interface VerifyFinding {
  readonly path: string;
  /** Where the damage begins. */
  readonly offset: number;
  readonly expected: string;
  readonly actual: string;
  /** Keys whose newest record lies in the damaged run: reads of them from the file fail. All others are unharmed. */
  readonly affectedKeys: number;
}

export interface VerifyReport {
  readonly filesChecked: number;
  readonly bytesChecked: number;
  /** In the order in which they were found, at most a thousand. */
  readonly findings: readonly VerifyFinding[];
  /** How many more were found than `findings` holds. */
  readonly findingsOmitted: number;
}

/** How far a check has come. */
export interface VerifyProgress {
  readonly filesChecked: number;
  readonly bytesChecked: number;
  /** Segments that are still to be checked, the running one included. */
  readonly segmentsLeft: number;
  readonly findings: number;
}

/** Damage as it is found, before it is known which keys it concerns. */
export interface Damage {
  readonly path: string;
  readonly offset: number;
  readonly expected: string;
  readonly actual: string;
  /** Addresses of the log that cannot be relied on, from the first up to the end; none where `from` is not below `end`. */
  readonly from: number;
  readonly end: number;
}
