/**
 * Loads in the order in which they are written down. A reader copies what it wants and then looks whether it was there
 * all along; a machine that does the look before the copy would make the answer worthless.
 */
import { arch } from 'node:process';

/** Machines that may do a load before an earlier one. */
const LOADS_PASS_LOADS = arch !== 'x64' && arch !== 'ia32';

/** Nobody looks at it; a store that is atomic keeps the loads before it from those behind it. */
const fence = new Int32Array(1);

/** All loads before the call are done before those behind it. */
export function orderLoads(): void {
  if (LOADS_PASS_LOADS) Atomics.add(fence, 0, 1);
}
