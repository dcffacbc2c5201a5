/** `inspect`: what lies in the files of a store, as it lies there, for whoever has to know exactly. */
import type { Command } from 'commander';

import { addCommand, type CommandDefinition } from '../command-context.ts';
import { describeInspectCheckpoint } from './inspect-checkpoint.ts';
import { describeInspectIndex } from './inspect-index.ts';
import { describeInspectManifest } from './inspect-manifest.ts';
import { describeInspectRecord } from './inspect-record.ts';
import { describeInspectSegment } from './inspect-segment.ts';

const EXAMPLE = `htkvctl inspect manifest ./kv-data
htkvctl inspect record --data-dir ./kv-data --key greeting`;

export const addInspect: CommandDefinition = (program, context) => {
  const inspect: Command = addCommand(program, 'inspect', EXAMPLE)
    .summary('look into the files of a store')
    .description(
      'Look into the files of a store as they are. Changes nothing, and works on a damaged store.',
    );
  describeInspectManifest(inspect, context);
  describeInspectSegment(inspect, context);
  describeInspectRecord(inspect, context);
  describeInspectCheckpoint(inspect, context);
  describeInspectIndex(inspect, context);
};
