/**
 * Checks everything that a store has on disk against its checksums, in slices, while the store is used: the manifest,
 * the checkpoint, every segment, every value in a file of its own. It changes nothing and takes turns only to ask what there is.
 *
 * What is written while it runs may be checked or not. A segment that goes away meanwhile is no damage: what was
 * found in it is forgotten.
 */
import { CodedError } from '@htkv/base';

import { Field } from '../control/store-fields.ts';
import { storeFileName } from '../format/file-names.ts';
import { decodeManifest } from '../format/manifest.ts';
import type { StoreParts } from '../store-parts.ts';
import { checkSegment, type SegmentExtentSeen, type SeparatedValueSeen } from './check-segment.ts';
import { checkValue } from './check-value.ts';
import { checkCheckpoint } from './check-checkpoint.ts';
import { CheckedFile, isMissing } from './checked-file.ts';
import type { Damage, VerifyFinding, VerifyProgress, VerifyReport } from './verify-report.ts';

/** Of more than these only the number is kept. */
const FINDINGS_MAX = 1000;

/** Runs a step in a turn of this thread. */
type Exclusively = <Result>(step: () => Result) => Result;

export class StoreCheck {
  readonly #parts: StoreParts;
  readonly #exclusively: Exclusively;
  readonly #steps: Generator<VerifyProgress, void, undefined>;
  #filesChecked = 0;
  #bytesChecked = 0;
  #segmentsLeft = 0;
  #findingsOmitted = 0;
  readonly #damages: Damage[] = [];
  #report: VerifyReport | undefined;

  constructor(parts: StoreParts, exclusively: Exclusively) {
    this.#parts = parts;
    this.#exclusively = exclusively;
    this.#steps = this.#run();
  }

  /** Checks the next slice, a mebibyte at most; undefined once there is none. Throws `STORAGE_BUSY`. */
  step(): VerifyProgress | undefined {
    const { done, value } = this.#steps.next();
    return done === true ? undefined : value;
  }

  /** What was found; undefined before the last slice is checked. */
  get report(): VerifyReport | undefined {
    return this.#report;
  }

  /** Gives back what the check has open. Idempotent. */
  stop(): void {
    this.#steps.return();
  }

  *#run(): Generator<VerifyProgress, void, undefined> {
    yield* this.#counted(this.#checkManifest());
    yield* this.#checkCheckpoint();
    const segments = this.#exclusively(() => this.#segments());
    this.#segmentsLeft = segments.length;
    for (const seen of segments) {
      yield* this.#checkSegment(seen);
      this.#segmentsLeft -= 1;
    }
    const { filesChecked, bytesChecked } = this.#progress();
    const findings = this.#exclusively(() => this.#findings());
    this.#report = { filesChecked, bytesChecked, findings, findingsOmitted: this.#findingsOmitted };
  }

  *#checkSegment(seen: SegmentExtentSeen): Generator<VerifyProgress, void, undefined> {
    const { fileSystem, ring, identity } = this.#parts;
    const found: Damage[] = [];
    const note = (damage: Damage): void => void found.push(damage);
    let values: SeparatedValueSeen[] = [];
    const place = {
      fileSystem,
      pageBytes: ring.pageBytes,
      found: note,
      onValue: (value: SeparatedValueSeen) => void values.push(value),
    };
    const { directory, storeId } = identity;
    for (const progress of this.#counted(checkSegment(place, seen))) {
      yield progress;
      const met = values;
      values = [];
      for (const value of met) {
        const ofValue: Damage[] = [];
        const foundInValue = (damage: Damage): void => void ofValue.push(damage);
        yield* this.#counted(checkValue({ fileSystem, directory, storeId, found: foundInValue }, value));
        // A record that has been replaced may outlive its value, which nobody needs.
        if (!ofValue.some(isMissing) || this.#isNewest(value)) found.push(...ofValue);
      }
    }
    const isThere = this.#exclusively(() =>
      this.#parts.segments.inOrder.some(({ segmentId }) => segmentId === seen.segmentId),
    );
    if (isThere) this.#keep(found);
  }

  /** A newer manifest may replace the one that is read, as often as it likes. */
  *#checkManifest(): Generator<number, void, undefined> {
    const { fileSystem, identity, control } = this.#parts;
    for (;;) {
      const generation = control.block.peek(Field.publishedGeneration);
      const path = fileSystem.join(identity.directory, storeFileName('manifest', generation));
      const found: Damage[] = [];
      const file = CheckedFile.open(fileSystem, path, (damage) => void found.push(damage));
      if (file !== undefined) {
        try {
          const bytes = file.read(new Uint8Array(file.size()), 0);
          if (bytes !== undefined) judgeManifest(bytes, generation, file);
          yield bytes?.length ?? 0;
        } finally {
          file.close();
        }
      }
      if (found.length > 0 && control.block.peek(Field.publishedGeneration) !== generation) continue;
      this.#keep(found);
      return;
    }
  }

  /** A younger one may replace the one that is read. */
  *#checkCheckpoint(): Generator<VerifyProgress, void, undefined> {
    const { fileSystem, identity, control } = this.#parts;
    const { directory, storeId } = identity;
    for (;;) {
      const named = (): number => control.block.peek(Field.checkpointId);
      const checkpointId = named();
      if (checkpointId === 0) return;
      const found: Damage[] = [];
      const place = { fileSystem, directory, storeId, found: (damage: Damage) => void found.push(damage) };
      yield* this.#counted(checkCheckpoint(place, checkpointId));
      if (found.length > 0 && named() !== checkpointId) continue;
      this.#keep(found);
      return;
    }
  }

  #isNewest({ keyHash, address }: SeparatedValueSeen): boolean {
    return this.#exclusively(() => {
      try {
        return this.#parts.index.isNewestOfKey(keyHash, address);
      } catch (error) {
        // Of a key whose newest record cannot be read it is not known.
        if (error instanceof CodedError) return true;
        throw error;
      }
    });
  }

  /** Counts the file, and the bytes of each slice, of what checks one file. */
  *#counted(check: Generator<number, void, undefined>): Generator<VerifyProgress, void, undefined> {
    this.#filesChecked += 1;
    for (const bytes of check) {
      this.#bytesChecked += bytes;
      yield this.#progress();
    }
  }

  #progress(): VerifyProgress {
    return {
      filesChecked: this.#filesChecked,
      bytesChecked: this.#bytesChecked,
      segmentsLeft: this.#segmentsLeft,
      findings: this.#damages.length + this.#findingsOmitted,
    };
  }

  #segments(): SegmentExtentSeen[] {
    return this.#parts.segments.inOrder.map(({ path, segmentId, slot, seed, state, bytes, chain }) => ({
      path,
      segmentId,
      slot,
      seed,
      state,
      bytes,
      chain,
    }));
  }

  #keep(found: readonly Damage[]): void {
    for (const damage of found) {
      if (this.#damages.length < FINDINGS_MAX) this.#damages.push(damage);
      else this.#findingsOmitted += 1;
    }
  }

  /** What was found, each with the number of keys that it concerns. O(keys) if anything was found. */
  #findings(): VerifyFinding[] {
    const affected = new Map<Damage, number>();
    const ranges = this.#damages
      .filter(({ from, end }) => from < end)
      .sort((one, two) => one.from - two.from);
    if (ranges.length > 0) {
      for (const address of this.#parts.index.addresses()) {
        const damage = ranges[lastFrom(ranges, address)];
        if (damage !== undefined && address < damage.end)
          affected.set(damage, (affected.get(damage) ?? 0) + 1);
      }
    }
    return this.#damages.map((damage) => {
      const { path, offset, expected, actual } = damage;
      return { path, offset, expected, actual, affectedKeys: affected.get(damage) ?? 0 };
    });
  }
}

/** Index of the last range that does not begin above `address`, -1 if there is none. */
function lastFrom(ranges: readonly Damage[], address: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ranges[middle]!.from <= address) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function judgeManifest(bytes: Uint8Array, generation: number, file: CheckedFile): void {
  try {
    const reading = decodeManifest(bytes);
    if (reading.kind === 'damaged') file.damaged(0, reading.expected, reading.actual);
    else if (reading.manifest.generation !== generation) {
      file.damaged(0, `generation ${generation}`, `generation ${reading.manifest.generation}`);
    }
  } catch {
    file.damaged(0, 'a manifest of the format that it was written in', 'another format');
  }
}
