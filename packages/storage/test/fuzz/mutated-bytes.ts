/**
 * Bytes for fuzzing decoders: noise, and valid structures with a few things changed, half of them with their checksum
 * put right again, because otherwise the checksum would hide everything behind it from the fuzzer.
 */
import type { SeededRandom } from '../../src/testing/index.ts';

/** A structure of the format for the fuzzer to start from. */
export interface FuzzSeed {
  readonly bytes: Uint8Array;
  /** Puts the checksums of changed bytes right, as far as their lengths allow it. */
  readonly mend: (bytes: Uint8Array) => void;
}

const interesting = [0, 1, 2, 3, 0x0f, 0x10, 0x7f, 0x80, 0xfe, 0xff];

/** New bytes: every eighth time noise, else a changed copy of a seed. Owned by the caller. */
export function fuzzedBytes(random: SeededRandom, seeds: readonly FuzzSeed[]): Uint8Array {
  if (random.chance(0.125)) return random.bytes(random.below(random.pick([8, 70, 200, 700])));
  const { bytes: original, mend } = random.pick(seeds);
  let bytes: Uint8Array = new Uint8Array(original);
  for (let changes = random.below(4); changes >= 0; changes -= 1) bytes = changed(random, bytes);
  if (random.chance(0.5)) mend(bytes);
  return bytes;
}

function changed(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return random.bytes(4);
  const offset = random.below(bytes.length);
  const result = new Uint8Array(bytes);
  switch (random.below(6)) {
    case 0:
      result[offset]! ^= 1 << random.below(8);
      return result;
    case 1:
      result[offset] = random.pick(interesting);
      return result;
    case 2:
      result.fill(random.pick([0, 0xff]), offset, offset + random.pick([2, 4, 8]));
      return result;
    case 3:
      return result.subarray(0, offset);
    case 4:
      return new Uint8Array([...result, ...random.bytes(random.pick([1, 16, 64]))]);
    default:
      // A piece of it at another place.
      result.copyWithin(offset, random.below(bytes.length), random.below(bytes.length + 1));
      return result;
  }
}
