/**
 * How a fixed structure lies in bytes, as data. Each structure of the format declares its fields once; the codec
 * takes its offsets from the declaration and a test compares the declaration with the tables of `docs/format.md`,
 * so neither can drift. All integers are little-endian; a `u64` never exceeds 2^53 - 1.
 */
import { assert } from '@htkv/base';

/** Where one field lies: `offset` and `bytes` in bytes from the start of its structure. */
export interface Field {
  readonly offset: number;
  readonly bytes: number;
}

/** A structure of `totalBytes` bytes whose fields lie side by side in the order of declaration. */
export interface Layout<Name extends string> {
  readonly totalBytes: number;
  readonly fields: Readonly<Record<Name, Field>>;
}

/** Builds a layout from the widths of its fields; asserts that they add up to `totalBytes`. */
export function defineLayout<const Name extends string>(
  totalBytes: number,
  widths: Readonly<Record<Name, number>>,
): Layout<Name> {
  let offset = 0;
  const fields: Record<string, Field> = {};
  for (const [name, bytes] of Object.entries<number>(widths)) {
    fields[name] = { offset, bytes };
    offset += bytes;
  }
  assert(offset === totalBytes, 'the fields of a layout add up to its size');
  return { totalBytes, fields: fields as Record<Name, Field> };
}

const WORD = 2 ** 32;

/** Reads and writes the fields of one structure inside a buffer, which it borrows. */
export class LayoutView<Name extends string> {
  readonly #fields: Readonly<Record<Name, Field>>;
  readonly #view: DataView;
  readonly bytes: Uint8Array;

  constructor(layout: Layout<Name>, bytes: Uint8Array) {
    assert(bytes.length >= layout.totalBytes, 'a structure lies inside its buffer');
    this.#fields = layout.fields;
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get(name: Name): number {
    const { offset, bytes } = this.#fields[name];
    if (bytes === 1) return this.#view.getUint8(offset);
    if (bytes === 2) return this.#view.getUint16(offset, true);
    if (bytes === 4) return this.#view.getUint32(offset, true);
    assert(bytes === 8, 'a number is 1, 2, 4 or 8 bytes wide');
    return this.#view.getUint32(offset + 4, true) * WORD + this.#view.getUint32(offset, true);
  }

  set(name: Name, value: number): void {
    const { offset, bytes } = this.#fields[name];
    assert(Number.isSafeInteger(value) && value >= 0, 'a stored number is a non-negative safe integer');
    if (bytes === 1) this.#view.setUint8(offset, value);
    else if (bytes === 2) this.#view.setUint16(offset, value, true);
    else if (bytes === 4) this.#view.setUint32(offset, value, true);
    else {
      assert(bytes === 8, 'a number is 1, 2, 4 or 8 bytes wide');
      this.#view.setUint32(offset, value % WORD, true);
      this.#view.setUint32(offset + 4, Math.floor(value / WORD), true);
    }
  }

  /** The bytes of a field that is no number, borrowed from the buffer. */
  slice(name: Name): Uint8Array {
    const { offset, bytes } = this.#fields[name];
    return this.bytes.subarray(offset, offset + bytes);
  }

  setBytes(name: Name, source: Uint8Array): void {
    const { offset, bytes } = this.#fields[name];
    assert(source.length === bytes, 'bytes fill their field');
    this.bytes.set(source, offset);
  }
}
