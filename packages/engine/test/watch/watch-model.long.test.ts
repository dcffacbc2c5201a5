/** As `watch-model.test.ts`, over many more lives. `HTKV_WATCH_LIVES` says how many. */
import { test } from 'vitest';

import { liveLives } from './watch-life.ts';

const lives = Number(process.env['HTKV_WATCH_LIVES'] ?? 1000);

test(`over ${lives} lives`, { timeout: 60_000 + lives * 1000 }, () => liveLives('long watch', lives));
