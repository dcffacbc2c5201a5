/**
 * Which version of the format the files of a store have, beside the one that this build writes. Only headers are read. A
 * file that a newer version wrote in a way that this one does not know is refused by name.
 */
import { errorCode } from '@htkv/base';

import { corrupt, wrapFailure } from '../failure.ts';
import { CHECKPOINT_HEADER_BYTES, decodeCheckpointHeader } from '../format/checkpoint.ts';
import { fileHeaderLayout, FORMAT_MAJOR, FORMAT_MINOR } from '../format/file-header.ts';
import type { StoreFileKind } from '../format/file-names.ts';
import { LayoutView } from '../format/layout.ts';
import { decodeManifest, type Manifest } from '../format/manifest.ts';
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES } from '../format/segment-header.ts';
import { decodeValueHeader, VALUE_HEADER_BYTES } from '../format/value-header.ts';
import type { FileSystem } from '../fs/file-system.ts';
import { readWhole } from '../fs/read-whole.ts';
import { surveyStore, type SurveyedFile } from './store-survey.ts';

export interface FormatVersion {
  readonly major: number;
  readonly minor: number;
}

export interface SurveyedFormat {
  readonly path: string;
  readonly version: FormatVersion;
}

export interface FormatSurvey {
  /** What this build writes, and the newest that it knows. */
  readonly known: FormatVersion;
  /** The files that make up the store, the manifest first. */
  readonly files: readonly SurveyedFormat[];
}

/**
 * Throws `STORAGE_FORMAT_UNSUPPORTED` for a newer format, `STORAGE_CORRUPT` where a header does not check out, and as
 * {@link surveyStore} does. O(files).
 */
export function surveyFormat(fileSystem: FileSystem, directory: string): FormatSurvey {
  try {
    return lookOnce(fileSystem, directory);
  } catch (error) {
    // A writer has put another file in its place meanwhile, or it is missing: then it is told the second time.
    if (errorCode((error as Error).cause) !== 'ENOENT') throw error;
    return lookOnce(fileSystem, directory);
  }
}

function lookOnce(fileSystem: FileSystem, directory: string): FormatSurvey {
  const { files, manifest, damagedManifest } = surveyStore(fileSystem, directory);
  if (manifest === undefined) {
    throw damagedManifest ?? corrupt(directory, 0, 'a manifest that checks out', 'none');
  }
  const inUse = files.filter((file) => isInUse(file, manifest));
  const first = inUse.findIndex(({ kind }) => kind === 'manifest');
  const ordered = [...inUse.splice(first, 1), ...inUse];
  return {
    known: { major: FORMAT_MAJOR, minor: FORMAT_MINOR },
    files: ordered.map((file) => ({ path: file.path, version: versionOf(fileSystem, file) })),
  };
}

/** What an interrupted step has left is removed some day, and counts for nothing. */
function isInUse({ kind, id }: SurveyedFile, { generation, segments, checkpointId }: Manifest): boolean {
  if (kind === 'manifest') return id === generation;
  if (kind === 'checkpoint') return id === checkpointId;
  if (kind === 'segment') return segments.some(({ segmentId }) => segmentId === id);
  return kind === 'value';
}

const HEADER_BYTES: Readonly<Record<StoreFileKind, number>> = {
  manifest: Number.MAX_SAFE_INTEGER,
  segment: SEGMENT_HEADER_BYTES,
  value: VALUE_HEADER_BYTES,
  checkpoint: CHECKPOINT_HEADER_BYTES,
};

function versionOf(fileSystem: FileSystem, { path, kind, bytes: fileBytes }: SurveyedFile): FormatVersion {
  const known = kind as StoreFileKind;
  try {
    const bytes = readWhole(fileSystem, path, HEADER_BYTES[known]);
    const reading = DECODERS[known](bytes, fileBytes);
    if (reading.kind === 'damaged') throw corrupt(path, 0, reading.expected, reading.actual);
    const view = new LayoutView(fileHeaderLayout, bytes);
    return { major: view.get('formatMajor'), minor: view.get('formatMinor') };
  } catch (error) {
    throw wrapFailure(path, 'read', error);
  }
}

type HeaderReading =
  | { readonly kind: 'ok' }
  | { readonly kind: 'damaged'; readonly expected: string; readonly actual: string };

const DECODERS: Readonly<Record<StoreFileKind, (bytes: Uint8Array, fileBytes: number) => HeaderReading>> = {
  manifest: decodeManifest,
  segment: decodeSegmentHeader,
  value: decodeValueHeader,
  checkpoint: decodeCheckpointHeader,
};
