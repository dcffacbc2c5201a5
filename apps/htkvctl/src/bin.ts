#!/usr/bin/env node
/** The binary: what was typed in, an exit code out. Everything else is `@htkv/cli`. */
import { readFileSync } from 'node:fs';

import { run } from '@htkv/cli';

const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
const { version } = JSON.parse(manifest) as { version: string };
process.exitCode = await run(process.argv.slice(2), process, version);
