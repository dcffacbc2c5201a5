/** Ways to look at the files of a store and to damage one, for tests. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Every file of a directory with its bytes. */
export function contents(directory: string): [name: string, hex: string][] {
  return readdirSync(directory)
    .toSorted()
    .map((name) => [name, readFileSync(join(directory, name)).toString('hex')]);
}

/** Changes one bit of the first file that holds `text`, in its first byte, and returns the path of the file. */
export function damage(directory: string, text: string): string {
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    const bytes = readFileSync(path);
    const offset = bytes.indexOf(text);
    if (offset === -1) continue;
    bytes[offset]! ^= 1;
    writeFileSync(path, bytes);
    return path;
  }
  throw new Error(`expected a file with ${text}`);
}
