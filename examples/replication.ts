/**
 * One ordered list of commands and three stores. Two follow the list from its beginning; the third starts from a
 * snapshot of the first and follows from there. The same commands in the same order are the same state, so in the end
 * all three have the same digest.
 *
 *     node examples/replication.ts [directory]
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { SingleNodeEngine } from '@htkv/engine';
import { LocalReplication, type ReplicationHandle } from '@htkv/replication';
import { digestState, utf8 } from '@htkv/state';

import { OrderedLog } from './ordered-log.ts';

const dataDir = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'htkv-replication-'));
const open = (name: string): Promise<SingleNodeEngine> =>
  SingleNodeEngine.open({ dataDir: join(dataDir, name) });

// Who writes and who applies know each other only as a ReplicationHandle; the log does not know that it is an engine.
const [first, second] = [await open('first'), await open('second')];
const replicas: ReplicationHandle[] = [new LocalReplication(first), new LocalReplication(second)];
const log = new OrderedLog();

// A version that is left out always wins, one that is given wins or loses, and a condition holds or does not. What
// becomes of a command is decided by the list alone.
const opened = Date.now();
log.append({ type: 'set', key: utf8('stock:apples'), value: utf8('12') }, opened);
log.append({ type: 'set', key: utf8('stock:pears'), value: utf8('7') }, opened + 1);
log.append({ type: 'set', key: utf8('stock:apples'), value: utf8('99'), ifAbsent: true }, opened + 2);
log.append({ type: 'set', key: utf8('offer'), value: utf8('pears'), expiresAt: opened + 1_000 }, opened + 3);
log.append({ type: 'delete', key: utf8('stock:pears') }, opened + 4);

let place = 0;
for (const replica of replicas) place = await log.bringUpToDate(replica, 0);
console.log(`After ${place} commands`);
showDigests(replicas);

// A third store is not told the whole history: it is filled with the state at this place of the list. The snapshot is
// a stream of bytes, so it could as well go through a file or over a network.
const third = await open('third');
const snapshot = await first.takeSnapshot();
const { entries, tombstones } = await third.installSnapshot(snapshot);
snapshot[Symbol.dispose]();
console.log(`The third starts from a snapshot: ${entries} entries, and ${tombstones} delete to remember`);
replicas.push(new LocalReplication(third));

// The list goes on. An order takes apples and notes itself, or does neither. A set of pears that is older than their
// delete comes late, and the third ignores it like the others, although it never saw the pears.
log.append(
  {
    type: 'batch',
    atomic: 'allOrNothing',
    commands: [
      { type: 'set', key: utf8('stock:apples'), value: utf8('10'), ifPresent: true },
      { type: 'set', key: utf8('order:1'), value: utf8('2 apples'), ifAbsent: true },
    ],
  },
  opened + 5,
);
log.append({ type: 'set', key: utf8('stock:pears'), value: utf8('7'), version: 2 }, opened + 6);

for (const replica of replicas) await log.bringUpToDate(replica, place);
console.log(`After ${log.length} commands`);
showDigests(replicas);

for (const engine of [first, second, third]) await engine.close();
console.log(`The stores are in ${dataDir}`);

/** The digest is over every entry and every delete that is remembered, with versions, timestamps and deadlines. */
function showDigests(handles: readonly ReplicationHandle[]): void {
  const digests = handles.map((handle) => digestState(handle.latestSnapshot(), { tombstones: true }));
  const names = ['first', 'second', 'third'];
  for (const [index, digest] of digests.entries()) console.log(`  ${names[index]!.padEnd(6)} ${digest}`);
  if (new Set(digests).size === 1) console.log('  the same state');
  else throw new Error('expected the same state everywhere');
}
