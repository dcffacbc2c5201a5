/**
 * A replicated log in miniature: one list of commands, each in its place once and for all. It imports the commands and
 * the seam between a log and whoever applies it, and nothing of an engine; a log that agrees with other machines on
 * the order would import no more.
 */
import type { CommandSubmitter } from '@htkv/replication';
import {
  checkCommand,
  decodeCommand,
  encodeCommand,
  KvState,
  stampCommand,
  VersionCounter,
  type Command,
} from '@htkv/state';

export class OrderedLog {
  /** Bytes, as they would be kept on disk or sent to another machine. */
  readonly #entries: Uint8Array[] = [];
  readonly #state = new KvState();
  readonly #counter = new VersionCounter();

  /** How many commands have their place. */
  get length(): number {
    return this.#entries.length;
  }

  /**
   * Gives a command its place. This is the last moment at which anything is chosen: what the caller left out, version
   * and timestamp, is filled in here, so that whoever applies the command later decides the same.
   */
  append(command: Command, timestamp: number): void {
    checkCommand(command);
    const complete = stampCommand(command, { counter: this.#counter, heads: this.#state, timestamp });
    this.#state.apply(complete);
    this.#entries.push(encodeCommand(complete));
  }

  /** Has a store apply the commands from a place on, in their order; resolves with the place that it has reached. */
  async bringUpToDate(store: CommandSubmitter, from: number): Promise<number> {
    const until = this.length;
    for (const entry of this.#entries.slice(from, until)) await store.submit(decodeCommand(entry));
    return until;
  }
}
