/**
 * The fields of a decoded record, taken out one by one with their types checked. What does not fit is
 * `AUTH_RECORD_CORRUPT`, with the name of the field and never its content.
 */
import { recordCorrupt } from './failure.ts';

export class RecordFields {
  readonly #map: Readonly<Record<string, unknown>>;
  readonly #kind: string;
  #left: number;

  /** `kind` says in messages whose record it is; `taken` is how many fields of `map` somebody has taken already. */
  constructor(map: Readonly<Record<string, unknown>>, kind: string, taken = 0) {
    this.#map = map;
    this.#kind = kind;
    this.#left = Object.keys(map).length - taken;
  }

  text(name: string): string {
    const value = this.#take(name);
    return typeof value === 'string' ? value : this.#refuse(name);
  }

  optionalText(name: string): string | undefined {
    return this.#has(name) ? this.text(name) : undefined;
  }

  /** A safe integer from 0: a count, or milliseconds since the epoch. */
  count(name: string): number {
    const value = this.#take(name);
    return isCount(value) ? value : this.#refuse(name);
  }

  optionalCount(name: string): number | undefined {
    return this.#has(name) ? this.count(name) : undefined;
  }

  /** Owned by the caller. */
  bytes(name: string): Uint8Array {
    const value = this.#take(name);
    return value instanceof Uint8Array ? new Uint8Array(value) : this.#refuse(name);
  }

  optionalBytes(name: string): Uint8Array | undefined {
    return this.#has(name) ? this.bytes(name) : undefined;
  }

  texts(name: string): readonly string[] {
    const value = this.#take(name);
    return isListOf(value, (each) => typeof each === 'string') ? value : this.#refuse(name);
  }

  /** A list of maps, each read by `read`; a map with a field left over is refused. */
  list<Item>(name: string, read: (fields: RecordFields) => Item): readonly Item[] {
    const value = this.#take(name);
    if (!isListOf(value, isMap)) return this.#refuse(name);
    return value.map((map) => {
      const fields = new RecordFields(map, this.#kind);
      const item = read(fields);
      fields.requireNoMore();
      return item;
    });
  }

  /** Ends the reading with an error: the field does not hold what it should. */
  refuse(name: string): never {
    return this.#refuse(name);
  }

  requireNoMore(): void {
    if (this.#left !== 0) throw recordCorrupt(this.#kind, 'fields that it does not have');
  }

  #has(name: string): boolean {
    return Object.hasOwn(this.#map, name);
  }

  #take(name: string): unknown {
    if (!this.#has(name)) return undefined;
    this.#left -= 1;
    return this.#map[name];
  }

  #refuse(name: string): never {
    throw recordCorrupt(this.#kind, `no proper field ${name}`);
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function isListOf<Item>(value: unknown, isItem: (each: unknown) => each is Item): value is readonly Item[] {
  return Array.isArray(value) && value.every(isItem);
}
