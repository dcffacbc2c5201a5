/**
 * One replicated store as its users see it: commands go in, the state of the last applied one comes out.
 */

import type { StateView } from '@htkv/state';

import type { CommandSubmitter } from './command-submitter.ts';

export interface ReplicationHandle extends CommandSubmitter {
  /** The state as this replica knows it now; later writes do not show in it. */
  latestSnapshot(): StateView;
  /** The highest version of any write that this replica has applied; 0 before the first. */
  latestVersion(): number;
}
