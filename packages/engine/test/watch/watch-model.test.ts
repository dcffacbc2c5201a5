/**
 * Proves by random lives that whoever watches an engine gets every change once and in order, whatever it has gone through
 * in between, or is told that compaction was faster; and nothing that a crash takes back. `HTKV_WATCH_LIVES` says how many
 * lives; see `watch-life.ts`.
 */
import { test } from 'vitest';

import { liveLives } from './watch-life.ts';

const lives = Number(process.env['HTKV_WATCH_LIVES'] ?? 30);

test(`over ${lives} lives`, { timeout: 60_000 + lives * 1000 }, () => liveLives('watch', lives));
