/** The least that users and API keys need of an engine: a sorted map whose batches hold their conditions. */

import type { ApplyOutcome, Entry, SingleInput } from '@htkv/engine';

type Bytes = string | Uint8Array;

/** Ten lines of code, besides names for what goes in and out. Everything in it is visible to tests. */
export class TenLineEngine {
  readonly entries: Map<string, Entry> = new Map();
  readonly batches: (readonly SingleInput[])[] = [];

  getEntry(key: Bytes): Entry | undefined {
    return this.entries.get(text(key));
  }

  get(key: Bytes): Uint8Array | undefined {
    return this.getEntry(key)?.value;
  }

  getPrefix(prefix: Bytes): [Uint8Array, Uint8Array][] {
    const keys = [...this.entries.keys()].filter((key) => key.startsWith(text(prefix))).toSorted();
    return keys.map((key) => [Buffer.from(key, 'latin1'), this.entries.get(key)!.value]);
  }

  submitBatch(commands: readonly SingleInput[]): Promise<readonly ApplyOutcome[]> {
    const version = this.batches.push(commands);
    const outcomes = commands.map((command) => outcomeOf(command, this.getEntry(command.key)));
    if (!outcomes.includes('conflict')) for (const command of commands) this.#apply(command, version);
    return Promise.resolve(outcomes);
  }

  #apply(command: SingleInput, version: number): void {
    if (command.type === 'delete') this.entries.delete(text(command.key));
    else this.entries.set(text(command.key), { value: command.value as Uint8Array, version, timestamp: 0 });
  }
}

function outcomeOf(command: SingleInput, entry: Entry | undefined): ApplyOutcome {
  if (command.ifVersion !== undefined && command.ifVersion !== entry?.version) return 'conflict';
  if (command.type === 'set' && command.ifAbsent === true && entry !== undefined) return 'conflict';
  return command.type === 'set' ? 'applied' : 'removed';
}

function text(bytes: Bytes): string {
  return Buffer.from(bytes as Uint8Array).toString('latin1');
}
