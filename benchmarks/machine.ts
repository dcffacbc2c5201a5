/** The machine that is measured, in one line: rates of different ones do not compare. */
import { statfsSync } from 'node:fs';
import { cpus } from 'node:os';

/** Magic numbers of the file systems that stores usually lie on, as `statfs` gives them on Linux. */
const FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0xef53, 'ext4'],
  [0x5846_5342, 'xfs'],
  [0x9123_683e, 'btrfs'],
  [0x0102_1994, 'tmpfs'],
  [0x794c_7630, 'overlayfs'],
  [0x2fc1_2fc1, 'zfs'],
]);

/** Processor, cores, Node, and the file system of `directory`. */
export function describeMachine(directory: string): string {
  const [processor] = cpus();
  const model = processor?.model.trim() ?? 'unknown processor';
  const { type } = statfsSync(directory);
  const fileSystem = FILE_SYSTEMS.get(type) ?? `file system 0x${type.toString(16)}`;
  return `${model}, ${cpus().length} cores, Node ${process.versions.node}, ${fileSystem}, ${process.platform}`;
}
