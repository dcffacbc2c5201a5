/** What the log needs of its store: segments, their files, and who else is writing. */
import { Field } from './control/store-fields.ts';
import { performGroup } from './io/perform-commit.ts';
import type { LogOwner } from './log/hybrid-log.ts';
import { writeEnding } from './segment/segment-ending.ts';
import type { StoreParts } from './store-parts.ts';

/**
 * `rewriting` is the place in the commit order of the record that recovery writes again, 0 if it does not.
 * `finishWriting` waits until nobody else is writing the closed group.
 */
export function logOwner(parts: StoreParts, rewriting: () => number, finishWriting: () => void): LogOwner {
  const { catalog, ring, identity, fileSystem } = parts;
  const control = parts.control.block;
  return {
    finishWriting,
    createSegment: () => {
      const sequence = rewriting();
      // What recovery writes again becomes the store's all at once, with a manifest of its own.
      if (sequence > 0) return catalog.createSegment(sequence, false);
      return catalog.createSegment(control.get(Field.lastSequence) + 1, true);
    },
    write: (segment, group) =>
      performGroup({ fileSystem, directory: identity.directory, ring }, segment.writableFile, group),
    writeEnding: (segment) => writeEnding(segment, ring, control.get(Field.highestVersion), identity),
    isRewriting: () => rewriting() !== 0,
    relocationPlace: () => rewriting() || control.get(Field.lastSequence),
    tellDurable: () => parts.signal.notify(),
  };
}
